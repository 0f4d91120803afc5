-- The answers to idempotent requests are kept encrypted from now on: some show a secret. Those kept in plain text so
-- far are emptied. Their rows stay: a repeat within the day must not run the request again.
update idempotent_requests set body = '' where status is not null;

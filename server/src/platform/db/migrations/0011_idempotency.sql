-- The first answers to requests that were sent with an Idempotency-Key, so that a repeat gets the same one.

create table idempotent_requests (
  -- No foreign key: a row lives for a day, and the check would cost every such request a lock on the key's row.
  api_key_id text not null,
  idempotency_key text not null,
  -- SHA-256 of method, path and body: the same key with another request is a mistake of the caller's.
  request_hash bytea not null,
  -- The request that runs or ran; also who may write this row.
  request_id text not null,
  expires_at timestamptz not null,
  -- Until when the run is believed to be alive. Its process moves it on; a crash lets it pass.
  lease_until timestamptz not null,
  -- The answer. Null while the request runs.
  status smallint,
  etag text,
  body bytea,
  primary key (api_key_id, idempotency_key),
  constraint answered_whole check ((status is null) = (body is null))
);
create index idempotent_requests_expired on idempotent_requests (expires_at);

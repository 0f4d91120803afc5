-- Who wants to be told of events, and what they were told.

create table webhooks (
  id text primary key,
  organization_id text not null references organizations (id) on delete cascade,
  url text not null,
  description text,
  -- Null: every event of the contract.
  event_types text[],
  -- Null: every account, and what concerns none.
  account_ids text[],
  -- Encrypted, bound to the id. During a rotation the one before signs too, until then.
  secret bytea not null,
  previous_secret bytea,
  previous_secret_until timestamptz,
  disabled_at timestamptz,
  disabled_reason text check (disabled_reason in ('by_hand', 'failing', 'gone')),
  -- Failures in a row, over all deliveries; a success ends them.
  failures integer not null default 0,
  failing_since timestamptz,
  -- After several failures nothing is sent before this, and then one delivery to see.
  quiet_until timestamptz,
  -- One process at a time delivers to an endpoint; its claim runs out by itself when it dies. Each claim raises
  -- the fence, and what a process records counts only under its own.
  delivering_until timestamptz,
  fence bigint not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint disabled_for_a_reason check ((disabled_at is null) = (disabled_reason is null))
);
create index webhooks_by_organization on webhooks (organization_id, id);

-- How far the event log was handed out. One row per organization that has webhooks; locked by who goes on.
create table webhook_feeds (
  organization_id text primary key references organizations (id) on delete cascade,
  -- The last event that was handed out; 0 for none.
  event_id bigint not null
);

create table webhook_deliveries (
  id bigint generated always as identity primary key,
  webhook_id text not null references webhooks (id) on delete cascade,
  -- Null: a test.
  event_id bigint,
  type text not null,
  state text not null default 'pending' check (state in ('pending', 'delivered', 'failed')),
  attempts integer not null default 0,
  next_attempt_at timestamptz,
  -- Given up then.
  expires_at timestamptz not null,
  created_at timestamptz not null,
  -- Of the last attempt: when, what came back, and how long it took.
  attempted_at timestamptz,
  duration_ms integer,
  status integer,
  answer text,
  -- Why there is no status, or why there was no attempt.
  error text,
  constraint pending_has_a_time check ((state = 'pending') = (next_attempt_at is not null)),
  unique (webhook_id, event_id)
);
create index webhook_deliveries_due on webhook_deliveries (webhook_id, next_attempt_at, id) where state = 'pending';
create index webhook_deliveries_listed on webhook_deliveries (webhook_id, id);
create index webhook_deliveries_by_time on webhook_deliveries using brin (created_at) with (autosummarize = on);

-- Connecting accounts through Pinterest's consent page, and keeping their tokens alive.

create table oauth_states (
  -- SHA-256 of the state: whoever reads this table cannot finish somebody's connection.
  state_hash bytea primary key,
  organization_id text not null references organizations (id) on delete cascade,
  -- The account to renew; null to connect whoever comes back.
  account_id text references accounts (id) on delete cascade,
  environment text not null check (environment in ('production', 'sandbox', 'simulator')),
  expires_at timestamptz not null
);
create index oauth_states_expired on oauth_states (expires_at);

alter table accounts
  -- When the present tokens were stored: a token refused right after a refresh is not refreshed again.
  add column tokens_stored_at timestamptz,
  -- When to refresh them, long before they expire. Null: there is no refresh token.
  add column refresh_due_at timestamptz,
  -- A process that refreshes holds this, so that no other does. It runs out by itself when the process dies.
  add column refreshing_until timestamptz;
create index accounts_refresh_due on accounts (refresh_due_at) where refresh_due_at is not null;

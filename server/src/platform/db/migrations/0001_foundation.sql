-- Who uses Pintail, which Pinterest accounts they act for, and what has happened.

create table organizations (
  id text primary key,
  name text not null unique,
  created_at timestamptz not null
);

create table api_keys (
  id text primary key,
  organization_id text not null references organizations (id) on delete cascade,
  name text not null,
  -- The first characters of the key, to recognise it in a list.
  prefix text not null,
  -- SHA-256 of the whole key. The key has 256 random bits, so a slow hash would add nothing.
  secret_hash bytea not null unique,
  -- Null: everything is allowed, as with the hosted API.
  scopes text[],
  -- Null: every account of the organization.
  account_ids text[],
  created_at timestamptz not null,
  last_used_at timestamptz,
  expires_at timestamptz,
  revoked_at timestamptz
);
create index api_keys_by_organization on api_keys (organization_id, id);

create table accounts (
  id text primary key,
  organization_id text not null references organizations (id) on delete cascade,
  environment text not null check (environment in ('production', 'sandbox', 'simulator')),
  -- Pinterest's id of the user: the user name can change, this cannot.
  pinterest_user_id text not null,
  username text not null,
  display_name text not null,
  avatar_url text,
  is_domain_verified boolean not null default false,
  timezone text not null default 'UTC',
  -- Encrypted (AES-256-GCM, key id inside). Null after disconnecting.
  access_token bytea,
  refresh_token bytea,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  -- False once Pinterest has refused the token: the queue is kept and waits for re-authorization.
  token_authorized boolean not null default true,
  -- When the board list below was last read from Pinterest. Its guidelines ask not to keep it for long.
  boards_fetched_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (organization_id, environment, pinterest_user_id)
);

create table boards (
  account_id text not null references accounts (id) on delete cascade,
  id text not null check (id ~ '^[0-9]+$'),
  name text not null,
  description text,
  is_collaborator boolean not null,
  is_secret boolean not null,
  pin_count integer,
  -- The order in which Pinterest listed them.
  position integer not null,
  primary key (account_id, id)
);

-- Append-only; written in the same transaction as the change it tells of.
create table events (
  id bigint generated always as identity primary key,
  organization_id text not null,
  account_id text,
  post_id text,
  type text not null,
  at timestamptz not null,
  data jsonb not null default '{}'
);
create index events_by_organization on events (organization_id, id);
create index events_by_post on events (post_id, id) where post_id is not null;

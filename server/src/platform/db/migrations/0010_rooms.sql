-- Boards with their sections, board lists, keys made over HTTP, and accounts that were disconnected.

alter table accounts
  -- Disconnected: to callers it is not there. Connecting the same Pinterest user again revives it.
  add column disconnected_at timestamptz,
  -- Raised when a board is changed through Pintail: a list that was read from Pinterest before is not kept then.
  add column boards_version integer not null default 0;

alter table boards
  -- Who owns it: another user on a group board. Null when Pinterest does not say.
  add column owner_username text,
  -- As last read from Pinterest: [{id, name}]. Null: not read.
  add column sections jsonb,
  add column sections_fetched_at timestamptz;

-- Named, ordered groups of boards. Ours alone: Pinterest knows nothing of them.
create table board_lists (
  -- An integer, as in the hosted API.
  id integer generated always as identity primary key,
  organization_id text not null references organizations (id) on delete cascade,
  account_id text not null references accounts (id) on delete cascade,
  name text,
  -- In their order. A board that is deleted on Pinterest stays in here.
  board_ids text[] not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index board_lists_by_account on board_lists (account_id, id);

-- The keys of an organization as they are listed: revoked ones are not.
create index api_keys_living on api_keys (organization_id, id) where revoked_at is null;

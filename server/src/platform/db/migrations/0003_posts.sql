-- The posts table is the schedule. Lanes tell the workers which account to look at, and when.

create table posts (
  id text primary key,
  organization_id text not null references organizations (id) on delete cascade,
  account_id text not null references accounts (id) on delete cascade,
  state text not null
    check (state in ('draft', 'queued', 'uploading', 'publishing', 'sent', 'failed', 'unknown')),
  -- Raised by every write; a write that names an older version changes nothing.
  version integer not null default 1,
  title text,
  description text,
  url text,
  board_id text,
  alt_text text,
  is_simplified_pin boolean not null,
  media_type text not null check (media_type in ('image', 'video')),
  media_id text not null references media (id),
  source_media_url text,
  -- When the user wants it out. Only the user changes it.
  send_at timestamptz,
  -- When a worker must look at it next. Null: no worker has anything to do, or one is doing it now.
  run_at timestamptz,
  sent_at timestamptz,
  pin_id text,
  -- How often Pinterest was asked to create the Pin.
  attempts integer not null default 0,
  -- When the last attempt began: a Pin made by it cannot be older.
  attempt_started_at timestamptz,
  -- Attempts in a row after which Pinterest surely had made nothing; spaces the retries.
  postponements integer not null default 0,
  -- How often we have looked on Pinterest for the Pin of the last attempt.
  looks integer not null default 0,
  -- The last refusal: code, message, remediation, retryable, at.
  failure jsonb,
  -- Equal for posts whose Pins could not be told apart: board, title, description, link and alt text, normalised.
  match_key text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- A deleted post is kept as a mark for 28 days.
  deleted_at timestamptz,

  -- The status that callers see. Derived here and nowhere else.
  status text not null generated always as (
    case when state in ('uploading', 'publishing', 'unknown') then 'uploading' else state end
  ) stored,
  -- The moment by which lists are ordered and filtered.
  listed_at timestamptz not null generated always as (
    case state when 'draft' then created_at when 'sent' then sent_at else send_at end
  ) stored,

  constraint sent_has_pin check ((state = 'sent') = (pin_id is not null and sent_at is not null)),
  constraint failed_has_reason check (state <> 'failed' or failure is not null),
  constraint scheduled_is_complete check (
    state = 'draft'
    or (send_at is not null and board_id is not null and title is not null
        and description is not null and url is not null)
  ),
  constraint queued_will_run check (state <> 'queued' or run_at is not null or deleted_at is not null),
  constraint at_rest_does_not_run check (state in ('queued', 'unknown') or run_at is null),
  constraint attempt_is_recorded check (state not in ('publishing', 'unknown') or attempt_started_at is not null),
  constraint only_at_rest_is_deleted check (deleted_at is null or state in ('draft', 'queued', 'failed'))
);

-- Lists: one index for every status.
create index posts_listed on posts (account_id, status, listed_at, id) where deleted_at is null;
-- The worker's next post of an account, and the account's next wake-up.
create index posts_due on posts (account_id, run_at, id) where run_at is not null;
-- What a worker that died may have left behind; and the unknown ones that hold their likes back.
create index posts_in_flight on posts (account_id, state) where state in ('uploading', 'publishing', 'unknown');
-- One Pin belongs to one post.
create unique index posts_by_pin on posts (account_id, pin_id) where pin_id is not null;
create index posts_deleted on posts (deleted_at) where deleted_at is not null;
create index posts_by_media on posts (media_id);

-- One row per account. Workers look only here, so that a look costs the same with ten posts
-- stored and with ten million.
create table lanes (
  account_id text primary key references accounts (id) on delete cascade,
  -- The earliest moment at which a worker has something to do. Null: nothing.
  wake_at timestamptz,
  -- Pacing: no post goes out before this. Moves wake_at, never a post's send_at.
  not_before timestamptz,
  -- The worker that holds the lane, until when, and how often it has changed hands. Every write of a
  -- worker names the fence; after a takeover it changes nothing.
  owner text,
  lease_until timestamptz,
  fence bigint not null default 0
);
create index lanes_due on lanes (wake_at) where wake_at is not null;

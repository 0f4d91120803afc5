-- The schema of Pintail, grouped by the rooms that write the tables. Later changes are further files beside this one:
-- numbered, forward only, one transaction each. The order of the columns is the order in which they were introduced.

-- Room: auth.

-- The tenant. It owns accounts, keys, media and posts, and everything of it is deleted with it.
create table organizations (
  id text primary key,
  name text not null unique,
  created_at timestamptz not null
);

create table api_keys (
  id text primary key,
  organization_id text not null references organizations (id) on delete cascade,
  name text not null,
  -- The first characters of the key, so that it can be recognized in a list.
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
-- Deleting an organization.
create index api_keys_by_organization on api_keys (organization_id, id);
-- The list of keys, without revoked ones.
create index api_keys_living on api_keys (organization_id, id) where revoked_at is null;

-- Room: accounts.

-- The Pinterest accounts that are connected, and the policies by which their posts are published.
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
  -- False once Pinterest has refused the token: the queue is retained and waits for re-authorization.
  token_authorized boolean not null default true,
  -- When the account's boards were last read from Pinterest, whose guidelines limit how long a copy may be stored.
  boards_fetched_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- When the present tokens were stored: a token that is refused right after a refresh is not refreshed again.
  tokens_stored_at timestamptz,
  -- When to refresh them, long before they expire. Null: there is no refresh token.
  refresh_due_at timestamptz,
  -- The lease of the process that refreshes them, so that no second one does. It expires when the process dies.
  refreshing_until timestamptz,
  -- When the last search for a lost Pin has found nothing: retry publishes the post again, ask waits for a person.
  unknown_policy text not null default 'retry'
    constraint unknown_policy_is_known check (unknown_policy in ('retry', 'ask')),
  -- The minimum interval between two Pins of the account. 0: none.
  min_interval_seconds integer not null default 0
    constraint min_interval_is_a_day_at_most check (min_interval_seconds between 0 and 86400),
  -- Pins in any 24 hours. Null: Pintail sets no limit.
  daily_pin_limit integer
    constraint daily_pin_limit_is_sane check (daily_pin_limit between 1 and 1000),
  -- Set for a disconnected account, which callers cannot see. Connecting the same Pinterest user again clears it.
  disconnected_at timestamptz,
  -- Raised when a board is changed through Pintail: a list that was read from Pinterest earlier is then not stored.
  boards_version integer not null default 0,
  publishing text not null default 'active'
    constraint publishing_is_known check (publishing in ('active', 'paused')),
  -- Applies to a post that falls due while the account is paused.
  paused_policy text not null default 'hold'
    constraint paused_policy_is_known check (paused_policy in ('hold', 'fail', 'shift')),
  -- Applies to a post that was overdue when publishing resumed: publish it late, or hold it for a person.
  missed_policy text not null default 'publish'
    constraint missed_policy_is_known check (missed_policy in ('publish', 'hold')),

  unique (organization_id, environment, pinterest_user_id)
);
-- Tokens that are to be refreshed.
create index accounts_refresh_due on accounts (refresh_due_at) where refresh_due_at is not null;

-- Connections that were started on Pinterest's consent page and are not finished.
create table oauth_states (
  -- SHA-256 of the state: a reader of this table cannot finish somebody else's connection.
  state_hash bytea primary key,
  organization_id text not null references organizations (id) on delete cascade,
  -- The account whose access is renewed; null to connect the Pinterest user who consents.
  account_id text references accounts (id) on delete cascade,
  environment text not null check (environment in ('production', 'sandbox', 'simulator')),
  expires_at timestamptz not null,
  -- Who started it: the event of the connection names this actor.
  actor jsonb not null
);
create index oauth_states_expired on oauth_states (expires_at);

-- Room: boards.

-- A copy of Pinterest's boards, ten minutes old at most.
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
  -- The owner: another user on a group board. Null when Pinterest does not return it.
  owner_username text,
  -- As last read from Pinterest: [{id, name}]. Null: not read.
  sections jsonb,
  sections_fetched_at timestamptz,
  primary key (account_id, id)
);

-- Named lists of boards, stored by Pintail alone.
create table board_lists (
  -- An integer, as in the hosted API.
  id integer generated always as identity primary key,
  organization_id text not null references organizations (id) on delete cascade,
  account_id text not null references accounts (id) on delete cascade,
  name text,
  -- In their order. A board that is deleted on Pinterest stays in the list.
  board_ids text[] not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index board_lists_by_account on board_lists (account_id, id);

-- Room: schedule.

-- The recurring times of the week at which an account publishes.
create table timeslots (
  id text primary key,
  account_id text not null references accounts (id) on delete cascade,
  -- 0 is Sunday.
  day_preference integer not null check (day_preference between 0 and 6),
  -- Local time in the slot's time zone, in minutes after midnight.
  minute_of_day integer not null check (minute_of_day between 0 and 1439),
  -- IANA name, in the spelling of the time zone database.
  timezone text not null,
  -- optimal: placed by a rebuild. custom: placed by a person.
  type text not null check (type in ('optimal', 'custom')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (account_id, day_preference, minute_of_day, timezone)
);

-- The minimum distance between two posts of an account with the same destination.
create table spacing_rules (
  account_id text not null references accounts (id) on delete cascade,
  -- The url as rules compare it; empty for the account's default.
  destination_key text not null,
  -- The url as the caller wrote it; null for the default.
  url text,
  min_days integer not null check (min_days between 1 and 365),
  updated_at timestamptz not null,
  primary key (account_id, destination_key),
  constraint default_has_no_url check ((destination_key = '') = (url is null))
);

-- Room: media.

create table media (
  id text primary key,
  organization_id text not null references organizations (id) on delete cascade,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  source_sha256 text not null check (source_sha256 ~ '^[0-9a-f]{64}$'),
  source_url text,
  content_type text not null check (content_type in ('image/jpeg', 'image/png', 'video/mp4', 'video/quicktime')),
  bytes bigint not null check (bytes > 0),
  width integer not null check (width > 0),
  height integer not null check (height > 0),
  duration_ms integer check (duration_ms > 0),
  storage_key text not null,
  thumbnail_key text not null,
  placeholder text not null,
  created_at timestamptz not null,
  perceptual_hash text check (perceptual_hash ~ '^[0-9a-f]{16}$'),
  source_frames integer not null default 1 check (source_frames > 0),
  check_at timestamptz not null default 'epoch',
  deleted_at timestamptz,
  added_unrestricted boolean not null default true,

  constraint video_has_duration check ((content_type like 'video/%') = (duration_ms is not null))
);
-- Equal bytes are stored once. The bytes of a deleted row may be added again, and are then another row.
create unique index media_kept on media (organization_id, sha256) where deleted_at is null;
-- A file that was fetched earlier is recognized without decoding it.
create index media_by_source on media (organization_id, source_sha256);
create index media_listed on media (organization_id, id) where deleted_at is null;
create index media_to_check on media (check_at);

comment on table media is 'Media that posts use. A row is written after its files are in the storage. Its description of them never changes.';
comment on column media.id is 'Random enough (74 bits) to be the only secret in the public URL of the file.';
comment on column media.organization_id is 'The organization that fetched it. Equal bytes of two organizations are two rows and two files.';
comment on column media.sha256 is 'Digest of our copy, in hexadecimal. Equal bytes of one organization are one row.';
comment on column media.source_sha256 is 'Digest of the bytes that were fetched. Differs from sha256 when the picture had to be converted.';
comment on column media.source_url is 'The URL it was first fetched from; null when it was uploaded.';
comment on column media.content_type is 'The type of the bytes, detected from their content. Only types that Pinterest accepts.';
comment on column media.bytes is 'Size of our copy.';
comment on column media.width is 'In pixels, as displayed.';
comment on column media.height is 'In pixels, as displayed.';
comment on column media.duration_ms is 'Length of a video in milliseconds; null for a picture.';
comment on column media.storage_key is 'Key of our copy in the storage.';
comment on column media.thumbnail_key is 'Key of the small WebP for lists in the storage.';
comment on column media.placeholder is 'ThumbHash in base64: about 25 bytes to paint until the thumbnail has loaded.';
comment on column media.created_at is 'When it was stored.';
comment on column media.perceptual_hash is 'The appearance of the picture in 64 bits (hexadecimal): similar pictures differ in few of them. Null for videos.';
comment on column media.source_frames is 'The number of frames in the original file. A picture retains the first one.';
comment on column media.check_at is 'When to check whether anything still uses it. Every use sets this later.';
comment on column media.deleted_at is 'When its owner deleted it. Its files are gone; the row stays while sent posts refer to it.';
comment on column media.added_unrestricted is 'Whether a key without restriction has added it. A restricted key that added the same bytes then removes only its own addition.';

create table media_additions (
  actor_id text not null,
  media_id text not null references media (id) on delete cascade,
  source_url text,
  created_at timestamptz not null,

  primary key (actor_id, media_id)
);
-- Who added a medium; and its deletion.
create index media_additions_by_media on media_additions (media_id);

comment on table media_additions is 'Which restricted key added which media. A key that is restricted to accounts sees the media that it added, and those that posts of its accounts use.';
comment on column media_additions.actor_id is 'The key. An actor of another kind that is restricted to accounts would be recorded the same way.';
comment on column media_additions.source_url is 'The URL from which this key added it; null when it was uploaded. Other restricted keys are not shown it.';
comment on column media_additions.created_at is 'When this key added it, which is the time that this key is shown.';

-- Room: posts.

-- The posts table is the schedule. docs/lifecycle.md explains the states.
create table posts (
  id text primary key,
  organization_id text not null references organizations (id) on delete cascade,
  account_id text not null references accounts (id) on delete cascade,
  state text not null
    check (state in ('draft', 'queued', 'publishing', 'sent', 'failed', 'unknown', 'held')),
  -- Why a person is needed. missed: overdue, and the account holds missed posts. lost_answer: the answer to the create
  -- request was lost, and the search for the Pin ended without a result.
  held_for text check (held_for in ('missed', 'lost_answer')),
  -- Raised by every write; a write that names an older version changes nothing.
  version integer not null default 1,
  title text,
  description text,
  url text,
  board_id text,
  alt_text text,
  is_simplified_pin boolean not null,
  media_type text not null check (media_type in ('image', 'video')),
  -- Of a carousel: its first picture.
  media_id text not null references media (id),
  source_media_url text,
  -- When the user wants it published. Only the user changes it.
  send_at timestamptz,
  -- When a worker tries next. Null: there is no work for a worker, or one is at it now.
  run_at timestamptz,
  sent_at timestamptz,
  pin_id text,
  -- How often Pinterest was asked to create the Pin.
  attempts integer not null default 0,
  -- When the last attempt began: a Pin made by it cannot be older.
  attempt_started_at timestamptz,
  -- Attempts in a row after which Pinterest had surely created nothing; spaces the retries.
  postponements integer not null default 0,
  -- How often Pinterest was searched for the Pin of the last attempt.
  searches integer not null default 0,
  -- Why the post was last not published: code, message, remediation, retryable, at. No rule depends on it.
  failure jsonb,
  -- Equal for posts whose Pins cannot be distinguished: board, title, description, link and alt text, normalized.
  match_key text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- A deleted post stays as a mark for 28 days.
  deleted_at timestamptz,

  -- The status that callers see. Derived here and nowhere else.
  status text not null generated always as (
    case
      when state in ('publishing', 'unknown') or held_for = 'lost_answer' then 'uploading'
      when held_for = 'missed' then 'queued'
      else state
    end
  ) stored check (status in ('draft', 'queued', 'uploading', 'sent', 'failed')),
  -- The moment by which lists are ordered and filtered.
  listed_at timestamptz not null generated always as (
    case state when 'draft' then created_at when 'sent' then sent_at else send_at end
  ) stored,

  -- Beyond the hosted API's fields (docs/api-contract.md#posts).
  board_section_id text check (board_section_id ~ '^[0-9]+$'),
  product_tag_pin_ids text[] not null default '{}',
  tags text[] not null default '{}',
  external_id text,
  -- The pictures of a carousel in their order: [{mediaId, title, description, url}].
  carousel jsonb,
  -- The picture that a video shows until it plays: media, or the frame at this second.
  cover_media_id text references media (id),
  cover_seconds integer check (cover_seconds >= 0),
  -- The url as the spacing rules compare it; null without a url.
  destination_key text,
  -- The send_at for which the post was reported as missed: once for each time that the user sets.
  missed_send_at timestamptz,

  constraint sent_has_pin check ((state = 'sent') = (pin_id is not null and sent_at is not null)),
  constraint failed_has_reason check (state <> 'failed' or failure is not null),
  constraint scheduled_is_complete check (
    state = 'draft'
    or (send_at is not null and board_id is not null and title is not null
        and description is not null and url is not null)
  ),
  constraint held_has_reason check ((state = 'held') = (held_for is not null)),
  -- Nothing waits for a worker that no worker will find.
  constraint queued_will_run check (state <> 'queued' or run_at is not null or deleted_at is not null),
  constraint unknown_will_run check (state <> 'unknown' or run_at is not null),
  constraint at_rest_does_not_run check (state in ('queued', 'unknown') or run_at is null),
  -- The search for a lost Pin needs to know since when.
  constraint attempt_is_recorded check (
    attempt_started_at is not null
    or (state not in ('publishing', 'unknown') and held_for is distinct from 'lost_answer')
  ),
  constraint only_at_rest_is_deleted check (
    deleted_at is null or state in ('draft', 'queued', 'failed') or held_for is not distinct from 'missed'
  ),
  constraint carousel_has_two_to_five check (
    carousel is null or (jsonb_typeof(carousel) = 'array' and jsonb_array_length(carousel) between 2 and 5)
  )
);
-- Lists: one index for every status.
create index posts_listed on posts (account_id, status, listed_at, id) where deleted_at is null;
-- The worker's next post of an account, and the account's next wake-up.
create index posts_due on posts (account_id, run_at, id) where run_at is not null;
-- Posts of which a Pin may exist: those that a worker that died may have left, and those for which their twins wait.
create index posts_in_flight on posts (account_id, state)
  where state in ('publishing', 'unknown') or held_for = 'lost_answer';
-- The list of held posts, and their number by reason.
create index posts_held on posts (account_id, listed_at, id) include (held_for)
  where state = 'held' and deleted_at is null;
-- Queued videos by their time: which of them are to be uploaded to Pinterest now.
create index posts_with_video on posts (run_at)
  where media_type = 'video' and state = 'queued' and run_at is not null;
-- One Pin belongs to one post.
create unique index posts_by_pin on posts (account_id, pin_id) where pin_id is not null;
-- The caller's own ids are unique in an account.
create unique index posts_by_external_id on posts (account_id, external_id)
  where external_id is not null and deleted_at is null;
-- The distance between an account's posts with one destination.
create index posts_by_destination on posts (account_id, destination_key, listed_at)
  where destination_key is not null and deleted_at is null;
-- Marks that are past their retention.
create index posts_deleted on posts (deleted_at) where deleted_at is not null;
-- The posts that use a medium: read before it may be deleted.
create index posts_by_media on posts (media_id);
create index posts_by_slide on posts using gin (carousel jsonb_path_ops) where carousel is not null;
create index posts_by_cover on posts (cover_media_id) where cover_media_id is not null;
-- The media that posts of an account use, in the order of their ids: as media, as cover, and as the slides of a carousel
-- after the first, which is its media. A carousel has at most five.
create index posts_media_of_account on posts (account_id, media_id) where deleted_at is null;
create index posts_cover_of_account on posts (account_id, cover_media_id)
  where cover_media_id is not null and deleted_at is null;
create index posts_slide_2_of_account on posts (account_id, (carousel -> 1 ->> 'mediaId'))
  where carousel is not null and deleted_at is null;
create index posts_slide_3_of_account on posts (account_id, (carousel -> 2 ->> 'mediaId'))
  where carousel is not null and deleted_at is null;
create index posts_slide_4_of_account on posts (account_id, (carousel -> 3 ->> 'mediaId'))
  where carousel is not null and deleted_at is null;
create index posts_slide_5_of_account on posts (account_id, (carousel -> 4 ->> 'mediaId'))
  where carousel is not null and deleted_at is null;

-- The words by which posts are found, apart from the posts: a post's row is rewritten with each move, and an index of
-- words on it would be rewritten as well. Words of title, description and url; '=' account, '@' board, '#' tag.
create table post_search (
  post_id text primary key references posts (id) on delete cascade,
  search tsvector not null
);
create index post_search_words on post_search using gin (search);

-- The ids of at most `most` posts with these words. PostgreSQL estimates badly how many texts have a word with such a
-- beginning, and would rather read all of them than the index: in here it may not.
create function posts_with_words(wanted tsquery, words tsquery, most integer) returns setof text
  language sql stable rows 100
  set enable_seqscan = off
  as $$
    select post_id from post_search where search @@ wanted and search @@ words limit most
  $$;

-- Many posts in one request, created in the background in the order of the request.
create table batches (
  id text primary key,
  organization_id text not null references organizations (id) on delete cascade,
  account_id text not null references accounts (id) on delete cascade,
  status text not null check (status in ('processing', 'completed')),
  -- The same content again within a week is the same batch.
  content_sha256 text not null check (content_sha256 ~ '^[0-9a-f]{64}$'),
  total integer not null check (total > 0),
  -- Stored, so that progress is shown without counting.
  created integer not null default 0,
  failed integer not null default 0,
  created_at timestamptz not null,
  completed_at timestamptz,
  -- Who sent it: the events of its posts name this actor.
  actor jsonb not null,
  constraint completed_has_time check ((status = 'completed') = (completed_at is not null))
);
create index batches_by_content on batches (account_id, content_sha256, created_at);
create index batches_unfinished on batches (created_at) where status = 'processing';
create index batches_finished on batches (completed_at) where status = 'completed';

create table batch_entries (
  batch_id text not null references batches (id) on delete cascade,
  -- Counts from 0, in the order of the request.
  index integer not null check (index >= 0),
  -- Its line in the file, from 1; null in a JSON body.
  row integer,
  status text not null check (status in ('pending', 'created', 'failed')),
  -- The body to create a post with, as it was sent; emptied once the entry is finished.
  body jsonb,
  post_id text,
  details jsonb,
  primary key (batch_id, index),
  constraint created_has_post check ((status = 'created') = (post_id is not null)),
  constraint failed_has_details check ((status = 'failed') = (details is not null))
);
create index batch_entries_pending on batch_entries (batch_id, index) where status = 'pending';

-- Room: lanes.

-- One row per account. Workers poll only this table, so that a poll costs the same with ten posts stored and with ten
-- million. server/src/features/lanes/lane.ts explains the columns.
create table lanes (
  account_id text primary key references accounts (id) on delete cascade,
  -- The earliest moment at which a worker has something to do. Null: nothing.
  wake_at timestamptz,
  -- Pacing: no post is published before this. Moves wake_at, never a post's send_at.
  not_before timestamptz,
  -- The worker that has the lease, until when, and how often the lane was leased. Every write of a worker names the
  -- fence; after another lease it changes nothing.
  owner text,
  lease_until timestamptz,
  fence bigint not null default 0,
  -- The account's own pacing: no queued post is published before this. Computed again from its posts whenever a
  -- worker releases the lane. The search for a lost Pin does not wait for it, as it does for not_before. 'infinity'
  -- while a pause holds the queue.
  paced_until timestamptz,
  -- Until when the account is known to have been without service: no worker was running, its token was refused, or
  -- it was paused. Posts that were due long before have been missed.
  away_until timestamptz
);
create index lanes_due on lanes (wake_at) where wake_at is not null;

-- Room: publishing.

-- What all accounts of one Pinterest app share.
create table app_budgets (
  -- Environment and app id.
  app text primary key,
  -- Pinterest refused the whole app until then (the daily quota of a Trial app).
  paused_until timestamptz,
  -- Writes of a Trial app on this UTC day; not counted for others.
  day date not null,
  writes integer not null default 0
);

-- Videos are uploaded to Pinterest ahead of their posts' time. A row is work in progress, not schedule: the posts that
-- need one are found in the posts table.
create table video_uploads (
  post_id text primary key references posts (id) on delete cascade,
  account_id text not null references accounts (id) on delete cascade,
  -- The video that is uploaded. A post that has another video by now needs another upload.
  media_id text not null,
  -- uploading   its bytes have to be sent, or are being sent; doing so again does no harm
  -- processing  Pinterest has the bytes and processes them
  -- ready       a Pin can be made of it
  status text not null check (status in ('uploading', 'processing', 'ready')),
  -- Pinterest's id of the upload, and since when it has the bytes: the id expires.
  pinterest_media_id text,
  uploaded_at timestamptz,
  -- When a worker continues with it; null once it is ready.
  wake_at timestamptz,
  -- Uploads that failed for a reason that repeating may not fix.
  tries integer not null default 0,
  -- Postponements in a row; each further one is longer.
  delays integer not null default 0,
  -- The lease, as in a lane.
  owner text,
  lease_until timestamptz,
  fence bigint not null default 0,

  constraint uploaded_has_a_media_id check (
    (status = 'uploading') = (pinterest_media_id is null and uploaded_at is null)
  ),
  constraint ready_needs_no_work check ((status = 'ready') = (wake_at is null))
);
create index video_uploads_due on video_uploads (wake_at) where wake_at is not null;

-- Room: platform/outbox, events.

-- Append-only; written in the same transaction as the change it reports. A log that can be read from a position on
-- without skipping an event.
create table events (
  id bigint generated always as identity primary key,
  organization_id text not null,
  account_id text,
  post_id text,
  type text not null,
  at timestamptz not null,
  data jsonb not null default '{}',
  -- The transaction that wrote the event. Ids are assigned when an event is written and not when it commits, so an
  -- event may appear behind one with a higher id. Readers go by (xid, id) and stop at events_horizon().
  -- Default: the present transaction, so that writers need not name it.
  xid xid8 not null default pg_current_xact_id(),
  -- Who caused the change: {type, id, name}.
  actor jsonb not null
);
create index events_by_place on events (organization_id, xid, id);
create index events_by_post on events (post_id, id) where post_id is not null;
-- For removing old ones: a few pages for millions of events, which are stored in the order of their time.
create index events_by_time on events using brin (at) with (autosummarize = on);

-- Transactions below this have ended, in this database: what they wrote is visible, and nothing will appear between.
-- Those of other databases on the same server do not count where we may see that they are; else they only delay.
create function events_horizon() returns xid8 language sql stable as $$
  select coalesce(
    (
      select x from pg_snapshot_xip(pg_current_snapshot()) x
      where not exists (
        select 1 from pg_stat_activity a
        where a.backend_xid = x::xid and a.datname <> current_database()
      )
      order by x
      limit 1
    ),
    pg_snapshot_xmax(pg_current_snapshot())
  )
$$;

-- The progress of removing old events. One row, locked by the process that continues.
create table event_removal (
  is_only boolean primary key default true check (is_only),
  -- Every event up to this one was removed, or retained because its post was not finished.
  passed_id bigint not null default 0
);
insert into event_removal default values;

-- Room: webhooks.

-- The endpoints that are notified of events.
create table webhooks (
  id text primary key,
  organization_id text not null references organizations (id) on delete cascade,
  url text not null,
  description text,
  -- Null: every event of the contract.
  event_types text[],
  -- Null: every account, and events that concern none.
  account_ids text[],
  -- Encrypted, bound to the id. During a rotation the previous one signs too, until then.
  secret bytea not null,
  previous_secret bytea,
  previous_secret_until timestamptz,
  disabled_at timestamptz,
  disabled_reason text check (disabled_reason in ('by_hand', 'failing', 'gone')),
  -- Failures in a row, over all deliveries; a success resets them.
  failures integer not null default 0,
  failing_since timestamptz,
  -- After several failures nothing is sent before this, and then one delivery as a probe.
  quiet_until timestamptz,
  -- One process at a time delivers to an endpoint; its lease expires when it dies. Each lease raises the fence, and
  -- what a process records counts only under its own.
  delivering_until timestamptz,
  fence bigint not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint disabled_for_a_reason check ((disabled_at is null) = (disabled_reason is null))
);
create index webhooks_by_organization on webhooks (organization_id, id);

-- The position up to which the event log was distributed. One row per organization that has webhooks, locked by the
-- process that continues.
create table webhook_feeds (
  organization_id text primary key references organizations (id) on delete cascade,
  -- The last event that was distributed; 0 for none.
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
  -- No attempt is made after this.
  expires_at timestamptz not null,
  created_at timestamptz not null,
  -- Of the last attempt: when it began, its duration, and the response.
  attempted_at timestamptz,
  duration_ms integer,
  status integer,
  answer text,
  -- Why there is no status, or why there was no attempt.
  error text,
  constraint pending_has_a_time check ((state = 'pending') = (next_attempt_at is not null)),
  -- An event is delivered to an endpoint once.
  unique (webhook_id, event_id)
);
create index webhook_deliveries_due on webhook_deliveries (webhook_id, next_attempt_at, id) where state = 'pending';
create index webhook_deliveries_listed on webhook_deliveries (webhook_id, id);
-- For removing old ones.
create index webhook_deliveries_by_time on webhook_deliveries using brin (created_at) with (autosummarize = on);

-- Room: platform/http.

-- The first answers to requests that were sent with an Idempotency-Key, so that a repeat gets the same answer.
create table idempotent_requests (
  -- No foreign key: a row lives for a day, and the check would cost every such request a lock on the key's row.
  api_key_id text not null,
  idempotency_key text not null,
  -- SHA-256 of method, path and body: the same key with another request is a mistake of the caller's.
  request_hash bytea not null,
  -- The request that runs or ran; also the only one that may write this row.
  request_id text not null,
  expires_at timestamptz not null,
  -- The lease of the request while it runs. Its process renews it; after a crash it expires.
  lease_until timestamptz not null,
  -- The answer. Null while the request runs.
  status smallint,
  etag text,
  -- Encrypted: some answers show a secret.
  body bytea,
  primary key (api_key_id, idempotency_key),
  constraint answered_whole check ((status is null) = (body is null))
);
create index idempotent_requests_expired on idempotent_requests (expires_at);

-- How much of its rate limit a key has used up, for all processes together.
create table rate_windows (
  -- One row for each key that was ever busy; no foreign key, because nothing depends on a row that outlives its key.
  api_key_id text primary key,
  -- The minute that is counted.
  window_start timestamptz not null,
  -- What processes have drawn in it. They draw several requests at a time, so it may exceed the limit.
  drawn integer not null
);

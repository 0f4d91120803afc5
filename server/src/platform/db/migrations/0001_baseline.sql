-- The schema of Pintail, grouped by the rooms that write the tables. Later changes are in further files of this folder,
-- numbered, forward only, one transaction each. Columns are in the order in which they were introduced.

-- Room: auth.

-- The tenant. Owns accounts, keys, media and posts, which are deleted with it.
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
  -- Null: every scope, as in the hosted API.
  scopes text[],
  -- Null: every account of the organization.
  account_ids text[],
  created_at timestamptz not null,
  last_used_at timestamptz,
  expires_at timestamptz,
  revoked_at timestamptz,
  -- The actor who created it: {type, id, name}.
  created_by jsonb not null
);
-- For deleting an organization.
create index api_keys_by_organization on api_keys (organization_id, id);
-- For the list of keys, which omits revoked ones.
create index api_keys_living on api_keys (organization_id, id) where revoked_at is null;
-- For revoking the keys that a key created.
create index api_keys_by_creator on api_keys ((created_by ->> 'id'));

-- Room: accounts.

-- The connected Pinterest accounts, and the policies for publishing their posts.
create table accounts (
  id text primary key,
  organization_id text not null references organizations (id) on delete cascade,
  environment text not null check (environment in ('production', 'sandbox', 'simulator')),
  -- Pinterest's id of the user, which never changes, unlike the user name.
  pinterest_user_id text not null,
  username text not null,
  display_name text not null,
  avatar_url text,
  is_domain_verified boolean not null default false,
  timezone text not null default 'UTC',
  -- Encrypted (AES-256-GCM, with the key id). Null after disconnecting.
  access_token bytea,
  refresh_token bytea,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  -- False after Pinterest refused the token. The queue is retained until the account is authorized again.
  token_authorized boolean not null default true,
  -- When the account's boards were last read from Pinterest, whose guidelines limit how long a copy may be stored.
  boards_fetched_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- When the current tokens were stored. A token that is refused right after a refresh is not refreshed again.
  tokens_stored_at timestamptz,
  -- When to refresh the tokens, long before they expire. Null: there is no refresh token.
  refresh_due_at timestamptz,
  -- The lease of the process that refreshes the tokens. It expires if the process dies.
  refreshing_until timestamptz,
  -- Applies when no search found a lost Pin: retry publishes the post again, ask waits for a person.
  unknown_policy text not null default 'retry'
    constraint unknown_policy_is_known check (unknown_policy in ('retry', 'ask')),
  -- The minimum interval between two Pins of the account. 0: no minimum.
  min_interval_seconds integer not null default 0
    constraint min_interval_is_a_day_at_most check (min_interval_seconds between 0 and 86400),
  -- The maximum number of Pins in any 24 hours. Null: no limit.
  daily_pin_limit integer
    constraint daily_pin_limit_is_sane check (daily_pin_limit between 1 and 1000),
  -- Set for a disconnected account, which callers cannot see. Connecting the same Pinterest user again clears it.
  disconnected_at timestamptz,
  -- Increased when a board is changed through Pintail. A list that was read from Pinterest before that is not stored.
  boards_version integer not null default 0,
  publishing text not null default 'active'
    constraint publishing_is_known check (publishing in ('active', 'paused')),
  -- Applies to a post that becomes due while the account is paused.
  paused_policy text not null default 'hold'
    constraint paused_policy_is_known check (paused_policy in ('hold', 'fail', 'shift')),
  -- Applies to a missed post: publish it late, or hold it for a person.
  missed_policy text not null default 'publish'
    constraint missed_policy_is_known check (missed_policy in ('publish', 'hold')),

  unique (organization_id, environment, pinterest_user_id)
);
-- For finding tokens to refresh.
create index accounts_refresh_due on accounts (refresh_due_at) where refresh_due_at is not null;

-- Links with which the owners of accounts connect them through Pinterest's consent page.
create table connect_links (
  -- SHA-256 of the secrets, so that a reader of this table cannot complete a connection.
  link_hash bytea primary key,
  organization_id text not null references organizations (id) on delete cascade,
  -- The account to reconnect. Null: connect the Pinterest user who consents.
  account_id text references accounts (id) on delete cascade,
  environment text not null check (environment in ('production', 'sandbox', 'simulator')),
  expires_at timestamptz not null,
  -- The key that created it. The link stops working when the key may not connect the account any more.
  actor jsonb not null,
  -- The page of the caller's app, and the text that is returned to it.
  return_url text,
  caller_state text,
  -- Of the browser that went to Pinterest: the `state` of the consent page, and the cookie.
  state_hash bytea unique,
  browser_hash bytea,
  -- Pinterest sent the owner back: the link does not work again.
  finished_at timestamptz,
  constraint started_whole check ((state_hash is null) = (browser_hash is null))
);
create index connect_links_expired on connect_links (expires_at);
-- For the limit of open links.
create index connect_links_open on connect_links (organization_id, expires_at) where finished_at is null;

-- Room: boards.

-- A copy of Pinterest's boards, refreshed after ten minutes.
create table boards (
  account_id text not null references accounts (id) on delete cascade,
  id text not null check (id ~ '^[0-9]+$'),
  name text not null,
  description text,
  is_collaborator boolean not null,
  is_secret boolean not null,
  pin_count integer,
  -- The position in Pinterest's list.
  position integer not null,
  -- The owner of the board, another user for a group board. Null if Pinterest does not return it.
  owner_username text,
  -- The sections as last read from Pinterest: [{id, name}]. Null: never read.
  sections jsonb,
  sections_fetched_at timestamptz,
  primary key (account_id, id)
);

-- Named lists of boards, which exist only in Pintail.
create table board_lists (
  -- An integer, as in the hosted API.
  id integer generated always as identity primary key,
  organization_id text not null references organizations (id) on delete cascade,
  account_id text not null references accounts (id) on delete cascade,
  name text,
  -- Ordered. A board that is deleted on Pinterest stays in the list.
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
  -- Local time in the timeslot's time zone, in minutes after midnight.
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
  -- The url as rules compare it. Empty for the account's default.
  destination_key text not null,
  -- The url as the caller wrote it. Null for the default.
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
-- Equal bytes are stored once. The bytes of a deleted row can be added again as a new row.
create unique index media_kept on media (organization_id, sha256) where deleted_at is null;
-- For recognizing a file that was fetched earlier without decoding it.
create index media_by_source on media (organization_id, source_sha256);
-- With the bytes, so that the storage of an organization is added up from the index alone.
create index media_listed on media (organization_id, id) include (bytes) where deleted_at is null;
create index media_to_check on media (check_at);

comment on table media is 'Media that posts use. A row is inserted after its files are stored. The columns that describe the files never change.';
comment on column media.id is 'Has 74 random bits, enough to be the only secret in the public URL of the file.';
comment on column media.organization_id is 'The owner. Equal bytes of two organizations are two rows and two files.';
comment on column media.sha256 is 'Digest of our copy, in hexadecimal. Unique in the organization among media that are not deleted.';
comment on column media.source_sha256 is 'Digest of the original bytes. Differs from sha256 if the picture was converted.';
comment on column media.source_url is 'The URL from which it was first fetched. Null if it was uploaded.';
comment on column media.content_type is 'The type of the bytes, detected from their content. Only types that Pinterest accepts.';
comment on column media.bytes is 'Size of our copy.';
comment on column media.width is 'In pixels, as displayed.';
comment on column media.height is 'In pixels, as displayed.';
comment on column media.duration_ms is 'Duration of a video in milliseconds. Null for a picture.';
comment on column media.storage_key is 'Key of our copy in the storage.';
comment on column media.thumbnail_key is 'Key of the thumbnail (WebP) in the storage.';
comment on column media.placeholder is 'ThumbHash in base64: about 25 bytes, shown until the thumbnail has loaded.';
comment on column media.created_at is 'Time at which it was stored.';
comment on column media.perceptual_hash is 'The appearance of the picture in 64 bits (hexadecimal): similar pictures differ in few of them. Null for videos.';
comment on column media.source_frames is 'The number of frames in the original file. A picture retains the first one.';
comment on column media.check_at is 'Time of the next check for unused media. Every use postpones it.';
comment on column media.deleted_at is 'Time at which its owner deleted it. Its files are deleted; the row remains while sent posts reference it.';
comment on column media.added_unrestricted is 'True if a key without restriction added it. A restricted key that added the same bytes then deletes only its own addition.';

create table media_additions (
  actor_id text not null,
  media_id text not null references media (id) on delete cascade,
  source_url text,
  created_at timestamptz not null,

  primary key (actor_id, media_id)
);
-- For finding the keys that added a medium, and for deleting it.
create index media_additions_by_media on media_additions (media_id);

comment on table media_additions is 'Which restricted key added which media. A key that is restricted to accounts sees the media that it added, and those that posts of its accounts use.';
comment on column media_additions.actor_id is 'The id of the key that added it.';
comment on column media_additions.source_url is 'The URL from which this key added it. Null if it was uploaded. Not visible to other restricted keys.';
comment on column media_additions.created_at is 'Time at which this key added it. Responses to this key have this time.';

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
  -- Increased by every write. A write with an older version changes nothing.
  version integer not null default 1,
  title text,
  description text,
  url text,
  board_id text,
  alt_text text,
  is_simplified_pin boolean not null,
  media_type text not null check (media_type in ('image', 'video')),
  -- The picture or video. For a carousel, its first picture.
  media_id text not null references media (id),
  source_media_url text,
  -- When the user wants the post published. Only the user changes it.
  send_at timestamptz,
  -- When a worker tries next. Null: there is no work for a worker, or one is working on the post.
  run_at timestamptz,
  sent_at timestamptz,
  pin_id text,
  -- The number of create requests.
  attempts integer not null default 0,
  -- When the last attempt began. Its Pin cannot be older.
  attempt_started_at timestamptz,
  -- The number of consecutive attempts that certainly created nothing. Determines the delay of the next retry.
  postponements integer not null default 0,
  -- The number of searches for the Pin of the last attempt.
  searches integer not null default 0,
  -- The last reason for not publishing: code, message, remediation, retryable, at. No rule depends on it.
  failure jsonb,
  -- Equal for posts whose Pins cannot be distinguished: board, title, description, link and alt text, normalized.
  match_key text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- The row of a deleted post is retained for 28 days.
  deleted_at timestamptz,

  -- The status that callers see. Derived only here.
  status text not null generated always as (
    case
      when state in ('publishing', 'unknown') or held_for = 'lost_answer' then 'uploading'
      when held_for = 'missed' then 'queued'
      else state
    end
  ) stored check (status in ('draft', 'queued', 'uploading', 'sent', 'failed')),
  -- The time by which lists are ordered and filtered.
  listed_at timestamptz not null generated always as (
    case state when 'draft' then created_at when 'sent' then sent_at else send_at end
  ) stored,

  -- Fields that the hosted API does not have (docs/api-contract.md#posts).
  board_section_id text check (board_section_id ~ '^[0-9]+$'),
  product_tag_pin_ids text[] not null default '{}',
  tags text[] not null default '{}',
  external_id text,
  -- The pictures of a carousel in their order: [{mediaId, title, description, url}].
  carousel jsonb,
  -- The cover of a video: a picture, or the frame at this second.
  cover_media_id text references media (id),
  cover_seconds integer check (cover_seconds >= 0),
  -- The url as the spacing rules compare it. Null without a url.
  destination_key text,
  -- The send_at for which the post was reported as missed. Each send_at is reported once.
  missed_send_at timestamptz,

  constraint sent_has_pin check ((state = 'sent') = (pin_id is not null and sent_at is not null)),
  constraint failed_has_reason check (state <> 'failed' or failure is not null),
  constraint scheduled_is_complete check (
    state = 'draft'
    or (send_at is not null and board_id is not null and title is not null
        and description is not null and url is not null)
  ),
  constraint held_has_reason check ((state = 'held') = (held_for is not null)),
  -- A post that waits for a worker has a time at which one finds it.
  constraint queued_will_run check (state <> 'queued' or run_at is not null or deleted_at is not null),
  constraint unknown_will_run check (state <> 'unknown' or run_at is not null),
  constraint at_rest_does_not_run check (state in ('queued', 'unknown') or run_at is null),
  -- The search for a lost Pin needs the start of the attempt.
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
-- For finding queued videos to upload to Pinterest.
create index posts_with_video on posts (run_at)
  where media_type = 'video' and state = 'queued' and run_at is not null;
-- One Pin belongs to one post.
create unique index posts_by_pin on posts (account_id, pin_id) where pin_id is not null;
-- The caller's own ids are unique in an account.
create unique index posts_by_external_id on posts (
  (case when deleted_at is null then account_id || ' ' || external_id end)
) where (case when deleted_at is null then account_id || ' ' || external_id end) is not null;
-- For the spacing between an account's posts with the same destination.
-- One expression, so that no other index can serve the look-up (domain/post-lookups.queries.ts).
create index posts_by_destination on posts (
  (case when deleted_at is null then account_id || ' ' || destination_key end), listed_at
) where (case when deleted_at is null then account_id || ' ' || destination_key end) is not null;
-- For removing deleted posts that are past their retention.
create index posts_deleted on posts (deleted_at) where deleted_at is not null;
-- For finding the posts that use a medium, before it is deleted.
create index posts_by_media on posts (media_id);
create index posts_by_slide on posts using gin (carousel jsonb_path_ops) where carousel is not null;
create index posts_by_cover on posts (cover_media_id) where cover_media_id is not null;
-- For listing the media that posts of an account use, ordered by id: as media, as cover, and as slides 2 to 5 of a
-- carousel, whose first slide is its media.
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

-- The search words of posts, in a separate table: a post's row is rewritten with each move, and an index of words on it
-- would be rewritten as well. Contains words of title, description and url; '=' account, '@' board, '#' tag.
create table post_search (
  post_id text primary key references posts (id) on delete cascade,
  search tsvector not null
);
create index post_search_words on post_search using gin (search);

-- Returns the ids of at most `most` posts with these words. PostgreSQL estimates the number of matches of a word prefix
-- badly and would scan the whole table instead of the index, so sequential scans are disabled here.
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
  -- The content was sent more than once.
  repeated boolean not null default false,
  -- Creates posts also for entries that equal existing posts.
  again boolean not null default false,
  -- Of a sheet: the time zone of its times, and its columns that are not read.
  timezone text,
  ignored_columns jsonb not null default '[]',
  total integer not null check (total > 0),
  -- Stored, so that showing the progress needs no counting.
  created integer not null default 0,
  existing integer not null default 0,
  failed integer not null default 0,
  warned integer not null default 0,
  created_at timestamptz not null,
  completed_at timestamptz,
  -- The actor who sent it, for the events of its posts.
  actor jsonb not null,
  constraint completed_has_time check ((status = 'completed') = (completed_at is not null))
);
create index batches_by_content on batches (account_id, content_sha256, created_at);
create index batches_unfinished_of_organization on batches (organization_id) where status = 'processing';
create index batches_unfinished on batches (created_at) where status = 'processing';
create index batches_finished on batches (completed_at) where status = 'completed';

create table batch_entries (
  batch_id text not null references batches (id) on delete cascade,
  -- Counts from 0, in the order of the request.
  index integer not null check (index >= 0),
  -- The line in the file, from 1. Null for a JSON body.
  row integer,
  status text not null check (status in ('pending', 'created', 'existing', 'failed')),
  -- The body of the create, as it was sent. Removed when the entry is finished.
  body jsonb,
  post_id text,
  details jsonb,
  warnings jsonb not null default '[]',
  primary key (batch_id, index),
  constraint created_has_post check ((status in ('created', 'existing')) = (post_id is not null)),
  constraint failed_has_details check ((status = 'failed') = (details is not null))
);
create index batch_entries_pending on batch_entries (batch_id, index) where status = 'pending';

-- Room: lanes.

-- One row per account. Workers poll only this table, so that a poll costs the same for ten posts as for ten million.
-- server/src/features/lanes/lane.ts explains the columns.
create table lanes (
  account_id text primary key references accounts (id) on delete cascade,
  -- The earliest time at which a worker has work. Null: no work.
  wake_at timestamptz,
  -- Pacing: no post is published before this time. Delays wake_at, never a post's send_at.
  not_before timestamptz,
  -- The worker that has the lease, the end of the lease, and the number of leases. Every write of a worker has its
  -- fence, and changes nothing after another lease.
  owner text,
  lease_until timestamptz,
  fence bigint not null default 0,
  -- The account's own pacing: no queued post is published before this time. Recomputed from its posts whenever a worker
  -- releases the lane. Unlike not_before, it does not delay the search for a lost Pin. 'infinity' while the account is
  -- paused and its queue waits.
  paced_until timestamptz,
  -- The end of the last period in which nothing could be published: no worker was running, the token was refused, or
  -- the account was paused. Posts that were due long before it are missed.
  away_until timestamptz
);
create index lanes_due on lanes (wake_at) where wake_at is not null;

-- Room: publishing.

-- The limits that all accounts of one Pinterest app share.
create table app_budgets (
  -- The environment and the app id.
  app text primary key,
  -- Pinterest refuses requests of the app until this time (the daily quota of a Trial app).
  paused_until timestamptz,
  -- The number of writes of a Trial app on this UTC day. Not counted for other apps.
  day date not null,
  writes integer not null default 0
);

-- Uploads of videos to Pinterest, which begin before their posts are due. A row is work in progress; the posts table
-- says which posts need an upload.
create table video_uploads (
  post_id text primary key references posts (id) on delete cascade,
  account_id text not null references accounts (id) on delete cascade,
  -- The uploaded video. A post whose video was changed needs a new upload.
  media_id text not null,
  -- uploading   the bytes must be sent, or are being sent; sending them again is harmless
  -- processing  Pinterest has the bytes and processes them
  -- ready       a Pin can be created with it
  status text not null check (status in ('uploading', 'processing', 'ready')),
  -- Pinterest's id of the upload, which expires, and the time at which Pinterest received the bytes.
  pinterest_media_id text,
  uploaded_at timestamptz,
  -- When a worker continues. Null when the upload is ready.
  wake_at timestamptz,
  -- The number of failures that a retry may not fix.
  tries integer not null default 0,
  -- The number of consecutive postponements. Each is longer than the previous one.
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

-- Append-only. An event is written in the transaction of the change that it reports. Readers can continue from a
-- position without skipping an event.
create table events (
  id bigint generated always as identity primary key,
  organization_id text not null,
  account_id text,
  post_id text,
  type text not null,
  at timestamptz not null,
  data jsonb not null default '{}',
  -- The transaction that wrote the event. Ids are assigned when an event is written, not when it commits, so an event
  -- may become visible after one with a higher id. Readers order by (xid, id) and stop at events_horizon().
  xid xid8 not null default pg_current_xact_id(),
  -- The actor who caused the change: {type, id, name}.
  actor jsonb not null
);
create index events_by_place on events (organization_id, xid, id);
create index events_by_post on events (post_id, id) where post_id is not null;
-- For removing old events. A small index, because events are stored in order of time.
create index events_by_time on events using brin (at) with (autosummarize = on);

-- All transactions of this database below the returned one have ended: their events are visible, and no further ones
-- will appear. Transactions of other databases on the server are ignored if we can see them; otherwise they delay
-- readers.
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
  -- Every event up to this one was removed, or is retained because its post was not finished.
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
  -- Null: every public event type.
  event_types text[],
  -- Null: every account, and events without an account.
  account_ids text[],
  -- Encrypted, bound to the id. After a rotation, the previous secret also signs until previous_secret_until.
  secret bytea not null,
  previous_secret bytea,
  previous_secret_until timestamptz,
  disabled_at timestamptz,
  disabled_reason text check (disabled_reason in ('by_hand', 'failing', 'gone')),
  -- The number of consecutive failures of all deliveries. A success resets it.
  failures integer not null default 0,
  failing_since timestamptz,
  -- After several failures nothing is sent before this time. Then one delivery is sent as a probe.
  quiet_until timestamptz,
  -- The lease of the process that delivers to the endpoint. Each lease increases the fence, and a write with an old
  -- fence changes nothing.
  delivering_until timestamptz,
  fence bigint not null default 0,
  -- The transactions that had committed when the webhook was created or enabled: their events are not delivered. Times
  -- cannot decide this, because an event may commit long after its time, and the clocks of two processes differ.
  events_after pg_snapshot default pg_current_snapshot(),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint disabled_for_a_reason check ((disabled_at is null) = (disabled_reason is null))
);
create index webhooks_by_organization on webhooks (organization_id, id);

-- The position up to which the event log was distributed to webhooks. One row per organization with webhooks, locked by
-- the process that continues.
create table webhook_feeds (
  organization_id text primary key references organizations (id) on delete cascade,
  -- The last event that was distributed; 0 for none.
  event_id bigint not null
);

create table webhook_deliveries (
  id bigint generated always as identity primary key,
  webhook_id text not null references webhooks (id) on delete cascade,
  -- Null: a test delivery.
  event_id bigint,
  -- The account of the event, so that a webhook that was narrowed to some accounts shows no others. Null: no account.
  account_id text,
  type text not null,
  state text not null default 'pending' check (state in ('pending', 'delivered', 'failed')),
  attempts integer not null default 0,
  next_attempt_at timestamptz,
  -- No attempt is made after this.
  expires_at timestamptz not null,
  created_at timestamptz not null,
  -- The last attempt: its start, duration and response.
  attempted_at timestamptz,
  duration_ms integer,
  status integer,
  answer text,
  -- The reason why there is no status or there was no attempt.
  error text,
  constraint pending_has_a_time check ((state = 'pending') = (next_attempt_at is not null)),
  -- An event is delivered to an endpoint once.
  unique (webhook_id, event_id)
);
create index webhook_deliveries_due on webhook_deliveries (webhook_id, next_attempt_at, id) where state = 'pending';
create index webhook_deliveries_listed on webhook_deliveries (webhook_id, id);
-- For removing old deliveries.
create index webhook_deliveries_by_time on webhook_deliveries using brin (created_at) with (autosummarize = on);

-- Room: platform/http.

-- The responses to requests with an Idempotency-Key, for repeated requests.
create table idempotent_requests (
  -- No foreign key: a row exists for a day, and the check would lock the key's row for every such request.
  api_key_id text not null,
  idempotency_key text not null,
  -- SHA-256 of method, path and body. The same key with a different request is refused.
  request_hash bytea not null,
  -- The request that runs or ran. Only this request may write the row.
  request_id text not null,
  expires_at timestamptz not null,
  -- The lease of the running request. Its process renews it; after a crash it expires.
  lease_until timestamptz not null,
  -- The response. Null while the request runs.
  status smallint,
  etag text,
  -- Encrypted, because some responses contain a secret.
  body bytea,
  primary key (api_key_id, idempotency_key),
  constraint answered_whole check ((status is null) = (body is null))
);
create index idempotent_requests_expired on idempotent_requests (expires_at);

-- The used part of the rate limit of each key and each organization, for all processes together.
create table rate_windows (
  -- One row for each key or organization that exceeded the first chunk of a process. No foreign key: a row may outlive it.
  subject_id text primary key,
  -- The minute that is counted.
  window_start timestamptz not null,
  -- The number of requests drawn in this minute. Processes draw several at a time, so it may exceed the limit.
  drawn integer not null
);

-- Generated from the migrations, to read: `npm run generate`. The database is made by the migrations.

create table accounts (
  id text not null,
  organization_id text not null,
  environment text not null,
  pinterest_user_id text not null,
  username text not null,
  display_name text not null,
  avatar_url text,
  is_domain_verified boolean not null default false,
  timezone text not null default 'UTC'::text,
  access_token bytea,
  refresh_token bytea,
  access_token_expires_at timestamp with time zone,
  refresh_token_expires_at timestamp with time zone,
  token_authorized boolean not null default true,
  boards_fetched_at timestamp with time zone,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  tokens_stored_at timestamp with time zone,
  refresh_due_at timestamp with time zone,
  refreshing_until timestamp with time zone,
  unknown_policy text not null default 'retry'::text,
  min_interval_seconds integer not null default 0,
  daily_pin_limit integer,
  disconnected_at timestamp with time zone,
  boards_version integer not null default 0,
  publishing text not null default 'active'::text,
  paused_policy text not null default 'hold'::text,
  missed_policy text not null default 'publish'::text,
  constraint accounts_pkey PRIMARY KEY (id),
  constraint accounts_organization_id_environment_pinterest_user_id_key UNIQUE (organization_id, environment, pinterest_user_id),
  constraint accounts_environment_check CHECK ((environment = ANY (ARRAY['production'::text, 'sandbox'::text, 'simulator'::text]))),
  constraint daily_pin_limit_is_sane CHECK (((daily_pin_limit >= 1) AND (daily_pin_limit <= 1000))),
  constraint min_interval_is_a_day_at_most CHECK (((min_interval_seconds >= 0) AND (min_interval_seconds <= 86400))),
  constraint missed_policy_is_known CHECK ((missed_policy = ANY (ARRAY['publish'::text, 'hold'::text]))),
  constraint paused_policy_is_known CHECK ((paused_policy = ANY (ARRAY['hold'::text, 'fail'::text, 'shift'::text]))),
  constraint publishing_is_known CHECK ((publishing = ANY (ARRAY['active'::text, 'paused'::text]))),
  constraint unknown_policy_is_known CHECK ((unknown_policy = ANY (ARRAY['retry'::text, 'ask'::text]))),
  constraint accounts_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
);

create table api_keys (
  id text not null,
  organization_id text not null,
  name text not null,
  prefix text not null,
  secret_hash bytea not null,
  scopes text[],
  account_ids text[],
  created_at timestamp with time zone not null,
  last_used_at timestamp with time zone,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  created_by jsonb not null,
  constraint api_keys_pkey PRIMARY KEY (id),
  constraint api_keys_secret_hash_key UNIQUE (secret_hash),
  constraint api_keys_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
);

create table app_budgets (
  app text not null,
  paused_until timestamp with time zone,
  day date not null,
  writes integer not null default 0,
  constraint app_budgets_pkey PRIMARY KEY (app)
);

create table batch_entries (
  batch_id text not null,
  index integer not null,
  row integer,
  status text not null,
  body jsonb,
  post_id text,
  details jsonb,
  warnings jsonb not null default '[]'::jsonb,
  constraint batch_entries_pkey PRIMARY KEY (batch_id, index),
  constraint batch_entries_index_check CHECK ((index >= 0)),
  constraint batch_entries_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'created'::text, 'existing'::text, 'failed'::text]))),
  constraint created_has_post CHECK (((status = ANY (ARRAY['created'::text, 'existing'::text])) = (post_id IS NOT NULL))),
  constraint failed_has_details CHECK (((status = 'failed'::text) = (details IS NOT NULL))),
  constraint batch_entries_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES batches(id) ON DELETE CASCADE
);

create table batches (
  id text not null,
  organization_id text not null,
  account_id text not null,
  status text not null,
  content_sha256 text not null,
  repeated boolean not null default false,
  again boolean not null default false,
  timezone text,
  ignored_columns jsonb not null default '[]'::jsonb,
  total integer not null,
  created integer not null default 0,
  existing integer not null default 0,
  failed integer not null default 0,
  warned integer not null default 0,
  created_at timestamp with time zone not null,
  completed_at timestamp with time zone,
  actor jsonb not null,
  constraint batches_pkey PRIMARY KEY (id),
  constraint batches_content_sha256_check CHECK ((content_sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint batches_status_check CHECK ((status = ANY (ARRAY['processing'::text, 'completed'::text]))),
  constraint batches_total_check CHECK ((total > 0)),
  constraint completed_has_time CHECK (((status = 'completed'::text) = (completed_at IS NOT NULL))),
  constraint batches_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint batches_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
);

create table board_lists (
  id integer not null generated always as identity,
  organization_id text not null,
  account_id text not null,
  name text,
  board_ids text[] not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint board_lists_pkey PRIMARY KEY (id),
  constraint board_lists_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint board_lists_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
);

create table boards (
  account_id text not null,
  id text not null,
  name text not null,
  description text,
  is_collaborator boolean not null,
  is_secret boolean not null,
  pin_count integer,
  position integer not null,
  owner_username text,
  sections jsonb,
  sections_fetched_at timestamp with time zone,
  constraint boards_pkey PRIMARY KEY (account_id, id),
  constraint boards_id_check CHECK ((id ~ '^[0-9]+$'::text)),
  constraint boards_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE
);

create table connect_links (
  link_hash bytea not null,
  organization_id text not null,
  account_id text,
  environment text not null,
  expires_at timestamp with time zone not null,
  actor jsonb not null,
  return_url text,
  caller_state text,
  state_hash bytea,
  browser_hash bytea,
  finished_at timestamp with time zone,
  constraint connect_links_pkey PRIMARY KEY (link_hash),
  constraint connect_links_state_hash_key UNIQUE (state_hash),
  constraint connect_links_environment_check CHECK ((environment = ANY (ARRAY['production'::text, 'sandbox'::text, 'simulator'::text]))),
  constraint started_whole CHECK (((state_hash IS NULL) = (browser_hash IS NULL))),
  constraint connect_links_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint connect_links_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
);

create table event_removal (
  is_only boolean not null default true,
  passed_id bigint not null default 0,
  constraint event_removal_pkey PRIMARY KEY (is_only),
  constraint event_removal_is_only_check CHECK (is_only)
);

create table events (
  id bigint not null generated always as identity,
  organization_id text not null,
  account_id text,
  post_id text,
  type text not null,
  at timestamp with time zone not null,
  data jsonb not null default '{}'::jsonb,
  xid xid8 not null default pg_current_xact_id(),
  actor jsonb not null,
  constraint events_pkey PRIMARY KEY (id)
);

create table idempotent_requests (
  api_key_id text not null,
  idempotency_key text not null,
  request_hash bytea not null,
  request_id text not null,
  expires_at timestamp with time zone not null,
  lease_until timestamp with time zone not null,
  status smallint,
  etag text,
  body bytea,
  constraint idempotent_requests_pkey PRIMARY KEY (api_key_id, idempotency_key),
  constraint answered_whole CHECK (((status IS NULL) = (body IS NULL)))
);

create table lanes (
  account_id text not null,
  wake_at timestamp with time zone,
  not_before timestamp with time zone,
  owner text,
  lease_until timestamp with time zone,
  fence bigint not null default 0,
  paced_until timestamp with time zone,
  away_until timestamp with time zone,
  constraint lanes_pkey PRIMARY KEY (account_id),
  constraint lanes_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE
);

create table media (
  id text not null,
  organization_id text not null,
  sha256 text not null,
  source_sha256 text not null,
  source_url text,
  content_type text not null,
  bytes bigint not null,
  width integer not null,
  height integer not null,
  duration_ms integer,
  storage_key text not null,
  thumbnail_key text not null,
  placeholder text not null,
  created_at timestamp with time zone not null,
  perceptual_hash text,
  source_frames integer not null default 1,
  check_at timestamp with time zone not null default '1970-01-01 00:00:00+00'::timestamp with time zone,
  deleted_at timestamp with time zone,
  added_unrestricted boolean not null default true,
  constraint media_pkey PRIMARY KEY (id),
  constraint media_bytes_check CHECK ((bytes > 0)),
  constraint media_content_type_check CHECK ((content_type = ANY (ARRAY['image/jpeg'::text, 'image/png'::text, 'video/mp4'::text, 'video/quicktime'::text]))),
  constraint media_duration_ms_check CHECK ((duration_ms > 0)),
  constraint media_height_check CHECK ((height > 0)),
  constraint media_perceptual_hash_check CHECK ((perceptual_hash ~ '^[0-9a-f]{16}$'::text)),
  constraint media_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint media_source_frames_check CHECK ((source_frames > 0)),
  constraint media_source_sha256_check CHECK ((source_sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint media_width_check CHECK ((width > 0)),
  constraint video_has_duration CHECK (((content_type ~~ 'video/%'::text) = (duration_ms IS NOT NULL))),
  constraint media_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
);

create table media_additions (
  actor_id text not null,
  media_id text not null,
  source_url text,
  created_at timestamp with time zone not null,
  constraint media_additions_pkey PRIMARY KEY (actor_id, media_id),
  constraint media_additions_media_id_fkey FOREIGN KEY (media_id) REFERENCES media(id) ON DELETE CASCADE
);

create table organizations (
  id text not null,
  name text not null,
  created_at timestamp with time zone not null,
  constraint organizations_pkey PRIMARY KEY (id),
  constraint organizations_name_key UNIQUE (name)
);

create table post_search (
  post_id text not null,
  search tsvector not null,
  constraint post_search_pkey PRIMARY KEY (post_id),
  constraint post_search_post_id_fkey FOREIGN KEY (post_id) REFERENCES posts(id) ON DELETE CASCADE
);

create table posts (
  id text not null,
  organization_id text not null,
  account_id text not null,
  state text not null,
  held_for text,
  version integer not null default 1,
  title text,
  description text,
  url text,
  board_id text,
  alt_text text,
  is_simplified_pin boolean not null,
  media_type text not null,
  media_id text not null,
  source_media_url text,
  send_at timestamp with time zone,
  run_at timestamp with time zone,
  sent_at timestamp with time zone,
  pin_id text,
  attempts integer not null default 0,
  attempt_started_at timestamp with time zone,
  postponements integer not null default 0,
  searches integer not null default 0,
  failure jsonb,
  match_key text not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  deleted_at timestamp with time zone,
  status text not null generated always as (
CASE
    WHEN ((state = ANY (ARRAY['publishing'::text, 'unknown'::text])) OR (held_for = 'lost_answer'::text)) THEN 'uploading'::text
    WHEN (held_for = 'missed'::text) THEN 'queued'::text
    ELSE state
END) stored,
  listed_at timestamp with time zone not null generated always as (
CASE state
    WHEN 'draft'::text THEN created_at
    WHEN 'sent'::text THEN sent_at
    ELSE send_at
END) stored,
  board_section_id text,
  product_tag_pin_ids text[] not null default '{}'::text[],
  tags text[] not null default '{}'::text[],
  external_id text,
  carousel jsonb,
  cover_media_id text,
  cover_seconds integer,
  destination_key text,
  missed_send_at timestamp with time zone,
  constraint posts_pkey PRIMARY KEY (id),
  constraint at_rest_does_not_run CHECK (((state = ANY (ARRAY['queued'::text, 'unknown'::text])) OR (run_at IS NULL))),
  constraint attempt_is_recorded CHECK (((attempt_started_at IS NOT NULL) OR ((state <> ALL (ARRAY['publishing'::text, 'unknown'::text])) AND (held_for IS DISTINCT FROM 'lost_answer'::text)))),
  constraint carousel_has_two_to_five CHECK (((carousel IS NULL) OR ((jsonb_typeof(carousel) = 'array'::text) AND ((jsonb_array_length(carousel) >= 2) AND (jsonb_array_length(carousel) <= 5))))),
  constraint failed_has_reason CHECK (((state <> 'failed'::text) OR (failure IS NOT NULL))),
  constraint held_has_reason CHECK (((state = 'held'::text) = (held_for IS NOT NULL))),
  constraint only_at_rest_is_deleted CHECK (((deleted_at IS NULL) OR (state = ANY (ARRAY['draft'::text, 'queued'::text, 'failed'::text])) OR (NOT (held_for IS DISTINCT FROM 'missed'::text)))),
  constraint posts_board_section_id_check CHECK ((board_section_id ~ '^[0-9]+$'::text)),
  constraint posts_cover_seconds_check CHECK ((cover_seconds >= 0)),
  constraint posts_held_for_check CHECK ((held_for = ANY (ARRAY['missed'::text, 'lost_answer'::text]))),
  constraint posts_media_type_check CHECK ((media_type = ANY (ARRAY['image'::text, 'video'::text]))),
  constraint posts_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'queued'::text, 'publishing'::text, 'sent'::text, 'failed'::text, 'unknown'::text, 'held'::text]))),
  constraint posts_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'queued'::text, 'uploading'::text, 'sent'::text, 'failed'::text]))),
  constraint queued_will_run CHECK (((state <> 'queued'::text) OR (run_at IS NOT NULL) OR (deleted_at IS NOT NULL))),
  constraint scheduled_is_complete CHECK (((state = 'draft'::text) OR ((send_at IS NOT NULL) AND (board_id IS NOT NULL) AND (title IS NOT NULL) AND (description IS NOT NULL) AND (url IS NOT NULL)))),
  constraint sent_has_pin CHECK (((state = 'sent'::text) = ((pin_id IS NOT NULL) AND (sent_at IS NOT NULL)))),
  constraint unknown_will_run CHECK (((state <> 'unknown'::text) OR (run_at IS NOT NULL))),
  constraint posts_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint posts_cover_media_id_fkey FOREIGN KEY (cover_media_id) REFERENCES media(id),
  constraint posts_media_id_fkey FOREIGN KEY (media_id) REFERENCES media(id),
  constraint posts_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
);

create table rate_windows (
  subject_id text not null,
  window_start timestamp with time zone not null,
  drawn integer not null,
  constraint rate_windows_pkey PRIMARY KEY (subject_id)
);

create table spacing_rules (
  account_id text not null,
  destination_key text not null,
  url text,
  min_days integer not null,
  updated_at timestamp with time zone not null,
  constraint spacing_rules_pkey PRIMARY KEY (account_id, destination_key),
  constraint default_has_no_url CHECK (((destination_key = ''::text) = (url IS NULL))),
  constraint spacing_rules_min_days_check CHECK (((min_days >= 1) AND (min_days <= 365))),
  constraint spacing_rules_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE
);

create table timeslots (
  id text not null,
  account_id text not null,
  day_preference integer not null,
  minute_of_day integer not null,
  timezone text not null,
  type text not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint timeslots_pkey PRIMARY KEY (id),
  constraint timeslots_account_id_day_preference_minute_of_day_timezone_key UNIQUE (account_id, day_preference, minute_of_day, timezone),
  constraint timeslots_day_preference_check CHECK (((day_preference >= 0) AND (day_preference <= 6))),
  constraint timeslots_minute_of_day_check CHECK (((minute_of_day >= 0) AND (minute_of_day <= 1439))),
  constraint timeslots_type_check CHECK ((type = ANY (ARRAY['optimal'::text, 'custom'::text]))),
  constraint timeslots_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE
);

create table video_uploads (
  post_id text not null,
  account_id text not null,
  media_id text not null,
  status text not null,
  pinterest_media_id text,
  uploaded_at timestamp with time zone,
  wake_at timestamp with time zone,
  tries integer not null default 0,
  delays integer not null default 0,
  owner text,
  lease_until timestamp with time zone,
  fence bigint not null default 0,
  constraint video_uploads_pkey PRIMARY KEY (post_id),
  constraint ready_needs_no_work CHECK (((status = 'ready'::text) = (wake_at IS NULL))),
  constraint uploaded_has_a_media_id CHECK (((status = 'uploading'::text) = ((pinterest_media_id IS NULL) AND (uploaded_at IS NULL)))),
  constraint video_uploads_status_check CHECK ((status = ANY (ARRAY['uploading'::text, 'processing'::text, 'ready'::text]))),
  constraint video_uploads_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  constraint video_uploads_post_id_fkey FOREIGN KEY (post_id) REFERENCES posts(id) ON DELETE CASCADE
);

create table webhook_deliveries (
  id bigint not null generated always as identity,
  webhook_id text not null,
  event_id bigint,
  account_id text,
  type text not null,
  state text not null default 'pending'::text,
  attempts integer not null default 0,
  next_attempt_at timestamp with time zone,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null,
  attempted_at timestamp with time zone,
  duration_ms integer,
  status integer,
  answer text,
  error text,
  constraint webhook_deliveries_pkey PRIMARY KEY (id),
  constraint webhook_deliveries_webhook_id_event_id_key UNIQUE (webhook_id, event_id),
  constraint pending_has_a_time CHECK (((state = 'pending'::text) = (next_attempt_at IS NOT NULL))),
  constraint webhook_deliveries_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'delivered'::text, 'failed'::text]))),
  constraint webhook_deliveries_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES webhooks(id) ON DELETE CASCADE
);

create table webhook_feeds (
  organization_id text not null,
  event_id bigint not null,
  constraint webhook_feeds_pkey PRIMARY KEY (organization_id),
  constraint webhook_feeds_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
);

create table webhooks (
  id text not null,
  organization_id text not null,
  url text not null,
  description text,
  event_types text[],
  account_ids text[],
  secret bytea not null,
  previous_secret bytea,
  previous_secret_until timestamp with time zone,
  disabled_at timestamp with time zone,
  disabled_reason text,
  failures integer not null default 0,
  failing_since timestamp with time zone,
  quiet_until timestamp with time zone,
  delivering_until timestamp with time zone,
  fence bigint not null default 0,
  events_after pg_snapshot default pg_current_snapshot(),
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint webhooks_pkey PRIMARY KEY (id),
  constraint disabled_for_a_reason CHECK (((disabled_at IS NULL) = (disabled_reason IS NULL))),
  constraint webhooks_disabled_reason_check CHECK ((disabled_reason = ANY (ARRAY['by_hand'::text, 'failing'::text, 'gone'::text]))),
  constraint webhooks_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
);

CREATE INDEX accounts_refresh_due ON public.accounts USING btree (refresh_due_at) WHERE (refresh_due_at IS NOT NULL);
CREATE INDEX api_keys_by_creator ON public.api_keys USING btree (((created_by ->> 'id'::text)));
CREATE INDEX api_keys_by_organization ON public.api_keys USING btree (organization_id, id);
CREATE INDEX api_keys_living ON public.api_keys USING btree (organization_id, id) WHERE (revoked_at IS NULL);
CREATE INDEX batch_entries_pending ON public.batch_entries USING btree (batch_id, index) WHERE (status = 'pending'::text);
CREATE INDEX batches_by_content ON public.batches USING btree (account_id, content_sha256, created_at);
CREATE INDEX batches_finished ON public.batches USING btree (completed_at) WHERE (status = 'completed'::text);
CREATE INDEX batches_unfinished ON public.batches USING btree (created_at) WHERE (status = 'processing'::text);
CREATE INDEX batches_unfinished_of_organization ON public.batches USING btree (organization_id) WHERE (status = 'processing'::text);
CREATE INDEX board_lists_by_account ON public.board_lists USING btree (account_id, id);
CREATE INDEX connect_links_expired ON public.connect_links USING btree (expires_at);
CREATE INDEX connect_links_open ON public.connect_links USING btree (organization_id, expires_at) WHERE (finished_at IS NULL);
CREATE INDEX events_by_place ON public.events USING btree (organization_id, xid, id);
CREATE INDEX events_by_post ON public.events USING btree (post_id, id) WHERE (post_id IS NOT NULL);
CREATE INDEX events_by_time ON public.events USING brin (at) WITH (autosummarize='on');
CREATE INDEX idempotent_requests_expired ON public.idempotent_requests USING btree (expires_at);
CREATE INDEX lanes_due ON public.lanes USING btree (wake_at) WHERE (wake_at IS NOT NULL);
CREATE INDEX media_additions_by_media ON public.media_additions USING btree (media_id);
CREATE INDEX media_by_source ON public.media USING btree (organization_id, source_sha256);
CREATE UNIQUE INDEX media_kept ON public.media USING btree (organization_id, sha256) WHERE (deleted_at IS NULL);
CREATE INDEX media_listed ON public.media USING btree (organization_id, id) INCLUDE (bytes) WHERE (deleted_at IS NULL);
CREATE INDEX media_to_check ON public.media USING btree (check_at);
CREATE INDEX post_search_words ON public.post_search USING gin (search);
CREATE INDEX posts_by_cover ON public.posts USING btree (cover_media_id) WHERE (cover_media_id IS NOT NULL);
CREATE INDEX posts_by_destination ON public.posts USING btree (( CASE WHEN (deleted_at IS NULL) THEN ((account_id || ' '::text) || destination_key) ELSE NULL::text END), listed_at) WHERE ( CASE WHEN (deleted_at IS NULL) THEN ((account_id || ' '::text) || destination_key) ELSE NULL::text END IS NOT NULL);
CREATE UNIQUE INDEX posts_by_external_id ON public.posts USING btree (( CASE WHEN (deleted_at IS NULL) THEN ((account_id || ' '::text) || external_id) ELSE NULL::text END)) WHERE ( CASE WHEN (deleted_at IS NULL) THEN ((account_id || ' '::text) || external_id) ELSE NULL::text END IS NOT NULL);
CREATE INDEX posts_by_media ON public.posts USING btree (media_id);
CREATE UNIQUE INDEX posts_by_pin ON public.posts USING btree (account_id, pin_id) WHERE (pin_id IS NOT NULL);
CREATE INDEX posts_by_slide ON public.posts USING gin (carousel jsonb_path_ops) WHERE (carousel IS NOT NULL);
CREATE INDEX posts_cover_of_account ON public.posts USING btree (account_id, cover_media_id) WHERE ((cover_media_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX posts_deleted ON public.posts USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX posts_due ON public.posts USING btree (account_id, run_at, id) WHERE (run_at IS NOT NULL);
CREATE INDEX posts_held ON public.posts USING btree (account_id, listed_at, id) INCLUDE (held_for) WHERE ((state = 'held'::text) AND (deleted_at IS NULL));
CREATE INDEX posts_in_flight ON public.posts USING btree (account_id, state) WHERE ((state = ANY (ARRAY['publishing'::text, 'unknown'::text])) OR (held_for = 'lost_answer'::text));
CREATE INDEX posts_listed ON public.posts USING btree (account_id, status, listed_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX posts_media_of_account ON public.posts USING btree (account_id, media_id) WHERE (deleted_at IS NULL);
CREATE INDEX posts_slide_2_of_account ON public.posts USING btree (account_id, (((carousel -> 1) ->> 'mediaId'::text))) WHERE ((carousel IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX posts_slide_3_of_account ON public.posts USING btree (account_id, (((carousel -> 2) ->> 'mediaId'::text))) WHERE ((carousel IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX posts_slide_4_of_account ON public.posts USING btree (account_id, (((carousel -> 3) ->> 'mediaId'::text))) WHERE ((carousel IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX posts_slide_5_of_account ON public.posts USING btree (account_id, (((carousel -> 4) ->> 'mediaId'::text))) WHERE ((carousel IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX posts_with_video ON public.posts USING btree (run_at) WHERE ((media_type = 'video'::text) AND (state = 'queued'::text) AND (run_at IS NOT NULL));
CREATE INDEX video_uploads_due ON public.video_uploads USING btree (wake_at) WHERE (wake_at IS NOT NULL);
CREATE INDEX webhook_deliveries_by_time ON public.webhook_deliveries USING brin (created_at) WITH (autosummarize='on');
CREATE INDEX webhook_deliveries_due ON public.webhook_deliveries USING btree (webhook_id, next_attempt_at, id) WHERE (state = 'pending'::text);
CREATE INDEX webhook_deliveries_listed ON public.webhook_deliveries USING btree (webhook_id, id);
CREATE INDEX webhooks_by_organization ON public.webhooks USING btree (organization_id, id);
CREATE OR REPLACE FUNCTION public.events_horizon()
 RETURNS xid8
 LANGUAGE sql
 STABLE
AS $function$
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
$function$
;
CREATE OR REPLACE FUNCTION public.posts_with_words(wanted tsquery, words tsquery, most integer)
 RETURNS SETOF text
 LANGUAGE sql
 STABLE ROWS 100
 SET enable_seqscan TO 'off'
AS $function$
    select post_id from post_search where search @@ wanted and search @@ words limit most
  $function$
;
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
comment on table media_additions is 'Which restricted key added which media. A key that is restricted to accounts sees the media that it added, and those that posts of its accounts use.';
comment on column media_additions.actor_id is 'The id of the key that added it.';
comment on column media_additions.source_url is 'The URL from which this key added it. Null if it was uploaded. Not visible to other restricted keys.';
comment on column media_additions.created_at is 'Time at which this key added it. Responses to this key have this time.';

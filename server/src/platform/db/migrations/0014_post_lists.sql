-- What a list of posts can be narrowed to, apart from the posts: a post's row is rewritten with each move, and
-- an index of words would be as well. Words of title, description and url; '=' account, '@' board, '#' tag.
create table post_search (
  post_id text primary key references posts (id) on delete cascade,
  search tsvector not null
);
create index post_search_words on post_search using gin (search);

-- Many posts in one request, created in the background in the order given.
create table batches (
  id text primary key,
  organization_id text not null references organizations (id) on delete cascade,
  account_id text not null references accounts (id) on delete cascade,
  status text not null check (status in ('processing', 'completed')),
  -- The same content again within a week is the same batch.
  content_sha256 text not null check (content_sha256 ~ '^[0-9a-f]{64}$'),
  total integer not null check (total > 0),
  -- Kept here, so that progress is told without counting.
  created integer not null default 0,
  failed integer not null default 0,
  created_at timestamptz not null,
  completed_at timestamptz,
  constraint completed_has_time check ((status = 'completed') = (completed_at is not null))
);
create index batches_by_content on batches (account_id, content_sha256, created_at);
create index batches_unfinished on batches (created_at) where status = 'processing';
create index batches_finished on batches (completed_at) where status = 'completed';

create table batch_entries (
  batch_id text not null references batches (id) on delete cascade,
  -- Counts from 0, in the order given.
  index integer not null check (index >= 0),
  -- Its line in the file, from 1; null in a JSON body.
  row integer,
  status text not null check (status in ('pending', 'created', 'failed')),
  -- The body to create a post with, as it was sent; emptied once it is settled.
  body jsonb,
  post_id text,
  details jsonb,
  primary key (batch_id, index),
  constraint created_has_post check ((status = 'created') = (post_id is not null)),
  constraint failed_has_details check ((status = 'failed') = (details is not null))
);
create index batch_entries_pending on batch_entries (batch_id, index) where status = 'pending';

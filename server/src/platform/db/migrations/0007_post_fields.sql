-- What a post may have beyond the hosted API's fields (api.md, sections 2 and 3).
alter table posts
  add column board_section_id text check (board_section_id ~ '^[0-9]+$'),
  add column product_tag_pin_ids text[] not null default '{}',
  add column tags text[] not null default '{}',
  add column external_id text,
  -- The pictures of a carousel in their order: [{mediaId, title, description, url}]. media_id is the first one's.
  add column carousel jsonb,
  -- What a video shows before it plays: a picture of its own, or the frame at so many seconds.
  add column cover_media_id text references media (id),
  add column cover_seconds integer check (cover_seconds >= 0),
  -- The url as the spacing rules compare it; null without a url.
  add column destination_key text,
  add constraint carousel_has_two_to_five check (
    carousel is null or (jsonb_typeof(carousel) = 'array' and jsonb_array_length(carousel) between 2 and 5)
  );

create unique index posts_by_external_id on posts (account_id, external_id)
  where external_id is not null and deleted_at is null;
-- Which posts use a picture: before it may be deleted.
create index posts_by_slide on posts using gin (carousel jsonb_path_ops) where carousel is not null;
create index posts_by_cover on posts (cover_media_id) where cover_media_id is not null;
-- How near an account's posts with one destination are to each other.
create index posts_by_destination on posts (account_id, destination_key, listed_at)
  where destination_key is not null and deleted_at is null;

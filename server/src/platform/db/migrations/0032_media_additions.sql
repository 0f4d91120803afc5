-- A key that is restricted to some accounts sees the media that it added, and those that posts of its accounts use.

create table media_additions (
  actor_id text not null,
  media_id text not null references media (id) on delete cascade,
  source_url text,
  created_at timestamptz not null,

  primary key (actor_id, media_id)
);
create index media_additions_by_media on media_additions (media_id);

comment on table media_additions is 'Which restricted key added which media. Equal bytes of one organization are one row of media, however many keys added them.';
comment on column media_additions.actor_id is 'The key. An actor of another kind that is restricted to accounts would be recorded the same way.';
comment on column media_additions.source_url is 'The URL from which this key added it; null when it was uploaded. Other restricted keys are not shown it.';
comment on column media_additions.created_at is 'When this key added it: the time that it is shown.';

alter table media add column added_unrestricted boolean not null default true;
comment on column media.added_unrestricted is 'Whether a key without restriction has added it. A restricted key that added the same bytes then removes only its own addition.';

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

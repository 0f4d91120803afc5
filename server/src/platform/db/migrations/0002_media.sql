-- The pictures (and later videos) that posts use: what was fetched and checked, and where our copy lies.

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

  unique (organization_id, sha256),
  constraint video_has_duration check ((content_type like 'video/%') = (duration_ms is not null))
);
-- A file that was fetched before is recognised before it is decoded.
create index media_by_source on media (organization_id, source_sha256);

comment on table media is 'Media that posts use. A row is written once, after its files are in the storage, and never changed.';
comment on column media.id is 'Random enough (74 bits) to be the only secret in the public URL of the file.';
comment on column media.organization_id is 'Who fetched it. Equal bytes of two organizations are two rows and two files.';
comment on column media.sha256 is 'Digest of the copy we keep, in hexadecimal. Equal bytes of one organization are one row.';
comment on column media.source_sha256 is 'Digest of the bytes that were fetched. Differs from sha256 when the picture had to be converted.';
comment on column media.source_url is 'The URL it was first fetched from; null when it was uploaded.';
comment on column media.content_type is 'What the bytes are, found by looking at them. Only types that Pinterest takes.';
comment on column media.bytes is 'Size of the copy we keep.';
comment on column media.width is 'In pixels, as seen by a viewer.';
comment on column media.height is 'In pixels, as seen by a viewer.';
comment on column media.duration_ms is 'Length of a video in milliseconds; null for a picture.';
comment on column media.storage_key is 'Where the storage keeps our copy.';
comment on column media.thumbnail_key is 'Where the storage keeps the small WebP for lists.';
comment on column media.placeholder is 'ThumbHash in base64: about 25 bytes to paint until the thumbnail is there.';
comment on column media.created_at is 'When it was stored.';

-- Media are found again by their look, kept only as long as something needs them, and may be deleted by callers.

alter table media
  add column perceptual_hash text check (perceptual_hash ~ '^[0-9a-f]{16}$'),
  add column source_frames integer not null default 1 check (source_frames > 0),
  add column check_at timestamptz not null default 'epoch',
  add column deleted_at timestamptz;
update media set check_at = created_at + interval '1 day';

-- The bytes of a deleted one may come again, and are then another row.
alter table media drop constraint media_organization_id_sha256_key;
create unique index media_kept on media (organization_id, sha256) where deleted_at is null;
create index media_listed on media (organization_id, id) where deleted_at is null;
create index media_to_check on media (check_at);

comment on table media is 'Media that posts use. A row is written after its files are in the storage; what it says of them never changes.';
comment on column media.perceptual_hash is 'What the picture looks like, in 64 bits (hexadecimal): near-equal pictures differ in few of them. Null for videos, and for pictures from before it was kept.';
comment on column media.source_frames is 'How many frames the file that came had. A picture keeps the first one.';
comment on column media.check_at is 'When to look whether anything still needs it: at the next sweep unless its maker says later. Using it again moves this on.';
comment on column media.deleted_at is 'When its owner deleted it. Its files are gone; the row stays while posts that are out refer to it.';

-- Videos are brought to Pinterest ahead of their posts' time. A row is work under way, not schedule: which posts
-- need one is asked of the posts table.
create table video_uploads (
  post_id text primary key references posts (id) on delete cascade,
  account_id text not null references accounts (id) on delete cascade,
  -- What is brought there. A post that has got another video since then needs another upload.
  media_id text not null,
  -- uploading   its bytes have to be sent, or are being sent; doing so again harms nothing
  -- processing  Pinterest has the bytes and works on them
  -- ready       a Pin can be made of it
  status text not null check (status in ('uploading', 'processing', 'ready')),
  -- Pinterest's id of the upload, and since when it has the bytes: the id does not live for ever.
  pinterest_media_id text,
  uploaded_at timestamptz,
  -- When a worker must look at it next; null once it is ready.
  look_at timestamptz,
  -- Uploads that came to nothing for a reason that repeating does not mend for ever.
  tries integer not null default 0,
  -- Waits in a row, which spaces them.
  waits integer not null default 0,
  -- Like a lane: one worker at a time, and no write of one that was overtaken.
  owner text,
  lease_until timestamptz,
  fence bigint not null default 0,

  constraint there_once_uploaded check (
    (status = 'uploading') = (pinterest_media_id is null and uploaded_at is null)
  ),
  constraint ready_rests check ((status = 'ready') = (look_at is null))
);

create index video_uploads_due on video_uploads (look_at) where look_at is not null;
-- Queued videos by their time: which of them should be brought to Pinterest by now.
create index posts_with_video on posts (run_at)
  where media_type = 'video' and state = 'queued' and run_at is not null;

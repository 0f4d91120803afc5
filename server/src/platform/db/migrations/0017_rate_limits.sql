-- How much of its rate limit a key has used up, for all processes together.

create table rate_windows (
  -- One row for each key that was ever busy; no foreign key, for nothing depends on a row that outlives its key.
  api_key_id text primary key,
  -- The minute that is counted.
  window_start timestamptz not null,
  -- What processes have drawn in it. They draw many at a time; it may go beyond the limit.
  drawn integer not null
);

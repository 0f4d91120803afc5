-- When an account likes to post, and how far apart posts with one destination have to be.

create table timeslots (
  id text primary key,
  account_id text not null references accounts (id) on delete cascade,
  -- 0 is Sunday.
  day_preference integer not null check (day_preference between 0 and 6),
  -- What the clock on the wall shows in the slot's zone, in minutes after midnight.
  minute_of_day integer not null check (minute_of_day between 0 and 1439),
  -- IANA name, in the spelling of the time zone database.
  timezone text not null,
  -- optimal: placed by a rebuild. custom: by hand.
  type text not null check (type in ('optimal', 'custom')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (account_id, day_preference, minute_of_day, timezone)
);

create table spacing_rules (
  account_id text not null references accounts (id) on delete cascade,
  -- The url as rules compare it; empty for the account's default.
  destination_key text not null,
  -- As it was given; null for the default.
  url text,
  min_days integer not null check (min_days between 1 and 365),
  updated_at timestamptz not null,
  primary key (account_id, destination_key),
  constraint default_has_no_url check ((destination_key = '') = (url is null))
);

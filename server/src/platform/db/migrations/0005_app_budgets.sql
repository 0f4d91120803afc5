-- What all accounts of one Pinterest app share. What an account has to itself is kept in its lane.

create table app_budgets (
  -- Environment and app id.
  app text primary key,
  -- Pinterest refused the whole app until then (the daily quota of a Trial app).
  paused_until timestamptz,
  -- Writes of a Trial app on this UTC day; not counted for others.
  day date not null,
  writes integer not null default 0
);

-- How an account wants its posts carried: how fast, how many, and who settles a lost answer.

alter table accounts
  -- After the last look for a lost answer has found no Pin: retry publishes the post again, ask waits for a person.
  add column unknown_policy text not null default 'retry'
    constraint unknown_policy_is_known check (unknown_policy in ('retry', 'ask')),
  -- Between two Pins of the account at least so long. 0: no pause.
  add column min_interval_seconds integer not null default 0
    constraint min_interval_is_a_day_at_most check (min_interval_seconds between 0 and 86400),
  -- Pins in any 24 hours. Null: no limit of ours.
  add column daily_pin_limit integer
    constraint daily_pin_limit_is_sane check (daily_pin_limit between 1 and 1000);

alter table lanes
  -- The account's own pacing: no queued post goes out before this. Worked out anew from its posts whenever a
  -- worker lets go of the lane. Looking for a lost answer does not wait for it, as it does for not_before.
  add column paced_until timestamptz;

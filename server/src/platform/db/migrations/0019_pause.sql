-- An account can be paused, and says what becomes of posts that fall due meanwhile or that were missed.

alter table accounts
  add column publishing text not null default 'active'
    constraint publishing_is_known check (publishing in ('active', 'paused')),
  -- What happens to a post that falls due while the account is paused.
  add column paused_policy text not null default 'hold'
    constraint paused_policy_is_known check (paused_policy in ('hold', 'fail', 'shift')),
  -- What happens to a post that nobody could publish at its time.
  add column missed_policy text not null default 'publish'
    constraint missed_policy_is_known check (missed_policy in ('publish', 'hold'));

alter table lanes
  -- Until when the account is known to have been without service: no worker was there, its token was refused, or
  -- it was paused. What was due long before has been missed. paced_until is 'infinity' while a pause holds the queue.
  add column away_until timestamptz;

-- A missed post may wait for a person, and then for nothing else.
alter table posts
  drop constraint queued_will_run,
  add constraint queued_will_run check (
    state <> 'queued' or run_at is not null or deleted_at is not null
    or coalesce(failure ->> 'code' = 'missed', false)
  );

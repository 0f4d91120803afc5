-- Events become a log that can be read on from where one was, without missing one.

alter table events
  -- The transaction that wrote the event. Ids are given when an event is written and not when it commits, so an
  -- event may appear behind one with a higher id. Readers go by (xid, id) and stop at events_horizon().
  -- Default: the present transaction, so that whoever writes need not know.
  add column xid xid8 not null default pg_current_xact_id();

drop index events_by_organization;
create index events_by_place on events (organization_id, xid, id);
-- For removing old ones; a few pages for millions of events, which lie in the order of their time.
create index events_by_time on events using brin (at) with (autosummarize = on);

-- Transactions below this have ended, in this database: what they wrote is there, and nothing will come between.
-- Those of other databases on the same server do not count where we may see that they are; else they only delay.
create function events_horizon() returns xid8 language sql stable as $$
  select coalesce(
    (
      select x from pg_snapshot_xip(pg_current_snapshot()) x
      where not exists (
        select 1 from pg_stat_activity a
        where a.backend_xid = x::xid and a.datname <> current_database()
      )
      order by x
      limit 1
    ),
    pg_snapshot_xmax(pg_current_snapshot())
  )
$$;

alter table posts
  -- The send_at for which the post was told to be missed: once for each time that the user sets.
  add column missed_send_at timestamptz;

-- How far old events were gone through. One row, locked by the process that goes on.
create table event_removal (
  is_only boolean primary key default true check (is_only),
  -- Every event up to this one was removed, or kept because its post was not out.
  passed_id bigint not null default 0
);
insert into event_removal default values;

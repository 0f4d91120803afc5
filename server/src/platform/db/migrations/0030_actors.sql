-- Who did it: events name the actor, and so does what is finished later on somebody's behalf.
alter table events add column actor jsonb not null
  default '{"type": "system", "id": null, "name": "Pintail"}'::jsonb;
alter table batches add column actor jsonb not null
  default '{"type": "system", "id": null, "name": "Pintail"}'::jsonb;
alter table oauth_states add column actor jsonb not null
  default '{"type": "system", "id": null, "name": "Pintail"}'::jsonb;
alter table events alter column actor drop default;
alter table batches alter column actor drop default;
alter table oauth_states alter column actor drop default;

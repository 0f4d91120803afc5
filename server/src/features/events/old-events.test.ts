// Removal of old events: as fast as events are appended, at a cost that depends on the old events alone.
import { beforeEach, expect, test } from 'vitest';
import { costsOf } from '../../../test/scans.ts';
import { app } from '../../../test/use-app.ts';
import { addMs, type Clock } from '../../platform/clock.ts';
import { sql } from '../../platform/db/index.ts';
import { hasPostEnded } from '../posts/index.ts';
import { accountRow, now, placePost, useSchedule } from '../schedule/schedule.fixture.ts';
import { createEventSweep } from './index.ts';
import { removeOldEvents } from './old-events.queries.ts';

useSchedule();

const day = 24 * 3600 * 1000;
const keptMs = 90 * day;
const before = addMs(now, -keptMs);
const old = addMs(now, -100 * day);
const limit = 1_000;

beforeEach(async () => {
  await app.database.db.deleteFrom('posts').execute();
  await sql`truncate events`.execute(app.database.db);
  await sql`update event_removal set passed_id = 0`.execute(app.database.db);
});

async function addEvents(count: number, at: Date, postId: string | null = null): Promise<void> {
  await sql`
    insert into events (organization_id, account_id, post_id, type, at, actor)
    select ${accountRow.organization_id}, ${accountRow.id}, ${postId}, 'post.searched', ${at}, '{}'
    from generate_series(1, ${count}::int)
  `.execute(app.database.db);
}

async function countEvents(): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from events`.execute(
    app.database.db,
  );
  return Number(rows[0]?.count);
}

const sweepBy = (clock: Clock = app.clock) =>
  createEventSweep({ database: app.database, clock, eventRetentionMs: keptMs, hasPostEnded }).run();

const remove = () => removeOldEvents(app.database.db, { before, now, limit, hasPostEnded });

async function removeAll(at = now): Promise<void> {
  const page = { before: addMs(at, -keptMs), now: at, limit, hasPostEnded };
  while ((await removeOldEvents(app.database.db, page)).hasMore);
}

test('50,000 old events are removed in one round, and those that are not old stay', async () => {
  await addEvents(50_000, old);
  await addEvents(3, before);
  await sweepBy();
  expect(await countEvents()).toBe(3);
});

test('A round ends after a while, and the next one continues', async () => {
  await addEvents(20_000, old);
  let at = now;
  // The clock advances by a second with each read.
  const clock: Clock = { ...app.clock, now: () => (at = addMs(at, 1_000)) };
  await sweepBy(clock);
  const left = await countEvents();
  expect(left).toBeGreaterThan(10_000);
  expect(left).toBeLessThan(20_000);
  await sweepBy();
  expect(await countEvents()).toBe(0);
});

test('Retained events at the front do not stop the removal, and are not read again', async () => {
  const draft = await placePost({ state: 'draft', at: old });
  await addEvents(20_000, old, draft);
  await addEvents(2_500, old);
  await sweepBy();
  expect(await countEvents()).toBe(20_000);
  await addEvents(10, old);
  const costs = await costsOf(app.database, (db) =>
    removeOldEvents(db, { before, now, limit, hasPostEnded }),
  );
  expect(costs.filter(({ pages }) => pages > 200)).toEqual([]);
});

test.each([
  ['never', false],
  ['before there were any', true],
])('a page costs what it removes where statistics were gathered %s', async (_, isGathered) => {
  const { db } = app.database;
  if (isGathered) await sql`analyze`.execute(db);
  const [draft, sent] = [
    await placePost({ state: 'draft', at: old }),
    await placePost({ state: 'sent', at: old }),
  ];
  await addEvents(20_000, old, draft);
  await removeAll();
  await addEvents(20_000, old, sent);
  await addEvents(20_000, now);
  const costs = await costsOf(app.database, (tx) =>
    removeOldEvents(tx, { before, now, limit, hasPostEnded }),
  );
  expect(
    costs.filter(
      ({ pages, plan }) => pages > 12 * limit || /"Seq Scan"[^{}]*"Relation Name": "events"/.test(plan),
    ),
  ).toEqual([]);
});

test('The timeline of a post is retained until the event of its end is old', async () => {
  const states = ['draft', 'queued', 'publishing', 'unknown', 'failed'] as const;
  for (const state of states) await addEvents(1, old, await placePost({ state, at: old }));
  for (const heldFor of ['missed', 'lost_answer'] as const)
    await addEvents(1, old, await placePost({ state: 'held', heldFor, at: old }));
  const draft = await placePost({ state: 'draft', at: old });
  // More than one page of its own.
  await addEvents(2_300, old, draft);
  for (const state of ['sent', 'draft'] as const)
    await addEvents(1, old, await placePost({ state, at: old, isDeleted: state === 'draft' }));
  await addEvents(1, old, 'post_that_is_gone');
  await removeAll();
  expect(await countEvents()).toBe(states.length + 2 + 2_300);

  await sql`update posts set deleted_at = ${now} where id = ${draft}`.execute(app.database.db);
  await addEvents(1, now, draft);
  await removeAll(addMs(now, keptMs));
  expect(await countEvents()).toBe(states.length + 2 + 2_301);
  await removeAll(addMs(now, keptMs + 1));
  expect(await countEvents()).toBe(states.length + 2);
});

test('Events whose times differ a little from the order of their ids are all removed', async () => {
  await addEvents(5, old);
  await addEvents(1, addMs(before, 10));
  await addEvents(5, addMs(before, -10));
  await removeAll();
  expect(await countEvents()).toBe(6);
  await removeAll(addMs(now, 11));
  expect(await countEvents()).toBe(0);
});

test('An event from a clock that was far ahead does not stop the removal', async () => {
  await addEvents(1, addMs(now, 3650 * day));
  await addEvents(5, old);
  await removeAll();
  expect(await countEvents()).toBe(1);
});

test('Concurrent processes remove each event once', async () => {
  await addEvents(5_500, old);
  await addEvents(7, now);
  let removed = 0;
  for (let isDone = false; !isDone; ) {
    const pages = await Promise.all([remove(), remove(), remove()]);
    for (const { count } of pages) removed += count;
    isDone = pages.every(({ count }) => count === 0);
  }
  expect(await countEvents()).toBe(7);
  expect(removed).toBe(5_500);
});

test('A process does not remove events while another process removes them', async () => {
  await addEvents(10, old);
  await app.database.transaction(async (tx) => {
    await sql`select 1 from event_removal for update`.execute(tx);
    expect(await remove()).toEqual({ count: 0, hasMore: false });
  });
  expect(await remove()).toEqual({ count: 10, hasMore: false });
});

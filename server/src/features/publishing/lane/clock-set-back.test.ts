// The clock is set back: leases, request budgets and keys of before are in the future, and count no more.
import { beforeEach, expect, test } from 'vitest';
import { createTestApp } from '../../../../test/app.ts';
import { account, app, pinsHere, usePublishing } from '../../../../test/publishing.ts';
import { addMs } from '../../../platform/clock.ts';
import { sql } from '../../../platform/db/index.ts';
import { emptyLanes, laneRow } from './lanes.fixture.ts';

usePublishing();
beforeEach(emptyLanes);

const minute = 60_000;
const hour = 60 * minute;

test.each([1, 2])(
  'a lane whose worker died is served at once when the clock was set back by %i h',
  async (hours) => {
    const post = await app.createPost(account, { sendAt: addMs(app.clock.now(), minute).toISOString() });
    // A dead worker has the lane, by the clock of before.
    await app.database.db
      .updateTable('lanes')
      .set({ owner: 'dead', lease_until: addMs(app.clock.now(), hours * hour), fence: sql`fence + 1` })
      .where('account_id', '=', account.accountId)
      .execute();
    app.clock.advance(minute);
    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    expect(metrics).toContain('pintail_lanes{state="impossible"} 1');
    expect(metrics).toContain('pintail_lanes{state="leased"} 0');
    await app.app.createWorker().runDue();
    expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent', missed: false });
    expect(await pinsHere()).toHaveLength(1);
    expect(await laneRow()).toMatchObject({ owner: null, lease_until: null });
  },
);

test('a lease of a length that is possible counts, so that two workers do not serve one lane', async () => {
  const post = await app.createPost(account, { sendAt: addMs(app.clock.now(), minute).toISOString() });
  app.clock.advance(minute);
  await app.database.db
    .updateTable('lanes')
    .set({ owner: 'busy', lease_until: addMs(app.clock.now(), 5 * minute), fence: sql`fence + 1` })
    .where('account_id', '=', account.accountId)
    .execute();
  await app.app.createWorker().runDue();
  expect(await app.getPost(account, post.id)).toMatchObject({ status: 'queued' });
});

test('the requests of a minute that is ahead do not use up those of the present', async () => {
  const limited = await createTestApp({ config: { ratePerMinute: 100 } });
  const ask = async () => (await limited.call('GET', '/v1/me')).status;
  for (let count = 0; count < 100; count += 1) await ask();
  expect(await ask()).toBe(429);
  limited.clock.set(addMs(limited.clock.now(), -hour));
  const statuses = [];
  for (let count = 0; count < 100; count += 1) statuses.push(await ask());
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(await ask()).toBe(429);
  await limited.stop();
});

test('a key whose request died before the clock was set back can be used again', async () => {
  const headers = { 'idempotency-key': 'set-back' };
  const body = { mediaUrl: app.picture(), title: 'Once' };
  const path = `/v1/accounts/${account.accountId}/posts`;
  const first = await app.send('POST', path, body, { headers });
  expect(first.status).toBe(201);
  await app.database.db
    .updateTable('idempotent_requests')
    .set({ status: null, body: null, lease_until: addMs(app.clock.now(), hour) })
    .where('idempotency_key', '=', 'set-back')
    .execute();
  expect((await app.send('POST', path, body, { headers })).status).toBe(201);
});

// The leases of endpoints: who is claimed, in which order, and that an earlier lease can change nothing.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../../../test/eventually.ts';
import { readableEvents } from '../../../../test/readable-events.ts';
import { addMs } from '../../../platform/clock.ts';
import { claimEndpoints, lockLeased, releaseEndpoint, renewEndpoints } from './endpoints.queries.ts';
import { type Receiver, startReceiver, startWebhookApp, type WebhookApp } from './receiver.fixture.ts';

const leaseMs = 30_000;
let app: WebhookApp;
let receiver: Receiver;

beforeAll(async () => {
  receiver = await startReceiver();
  app = await startWebhookApp([receiver]);
});
afterEach(async () => {
  receiver.received.length = 0;
  await app.database.pool.query('delete from webhooks; delete from webhook_feeds');
});
afterAll(async () => {
  await app.stop();
  await receiver.close();
});

const claim = (
  limit = 100,
  shares: Partial<Pick<Parameters<typeof claimEndpoints>[1], 'active' | 'perOrganization'>> = {},
) => {
  const now = app.clock.now();
  return claimEndpoints(app.database.db, {
    now,
    leaseUntil: addMs(now, leaseMs),
    limit,
    active: [],
    perOrganization: 100,
    ...shares,
  });
};
const release = (endpoint: Awaited<ReturnType<typeof claim>>[number]) =>
  releaseEndpoint(app.database.db, endpoint, app.clock.now());
const leaseUntil = async (id: string): Promise<Date> =>
  (await app.database.pool.query('select delivering_until from webhooks where id = $1', [id])).rows[0]
    .delivering_until;

/** A webhook with a test delivery that is due. */
async function subscribeWithDue(): Promise<string> {
  const { id } = await app.subscribe(receiver);
  await app.call('POST', `/v1/webhooks/${id}/test`);
  return id;
}

async function claimOne() {
  const [endpoint] = await claim(1);
  if (!endpoint) throw new Error('nothing was due');
  return endpoint;
}

test('an endpoint without due deliveries, one that is paused and one that is disabled are not claimed', async () => {
  await app.subscribe(receiver);
  const [paused, disabled, due] = [
    await subscribeWithDue(),
    await subscribeWithDue(),
    await subscribeWithDue(),
  ];
  await app.database.pool.query('update webhooks set quiet_until = $2 where id = $1', [
    paused,
    addMs(app.clock.now(), 1),
  ]);
  await app.call('PATCH', `/v1/webhooks/${disabled}`, { enabled: false });
  expect((await claim()).map(({ id }) => id)).toEqual([due]);
});

test('a leased endpoint is not claimed until its lease expires or is released', async () => {
  await subscribeWithDue();
  await claimOne();
  app.clock.advance(leaseMs - 1);
  expect(await claim()).toEqual([]);
  app.clock.advance(1);
  const again = await claimOne();
  expect(await claim()).toEqual([]);
  await release(again);
  expect(await claim()).toHaveLength(1);
});

test('the endpoint that was released the longest ago is claimed first, one never claimed before all', async () => {
  const [first, second] = [await subscribeWithDue(), await subscribeWithDue()].sort();
  for (const id of [first, second, first, second]) {
    const endpoint = await claimOne();
    expect(endpoint.id).toBe(id);
    app.clock.advance(1);
    await release(endpoint);
  }
  const latest = await subscribeWithDue();
  expect((await claimOne()).id).toBe(latest);
});

test('a renewal makes the lease longer, never shorter, and returns what it renewed', async () => {
  const id = await subscribeWithDue();
  const endpoints = [await claimOne()];
  const until = addMs(app.clock.now(), leaseMs + 1);
  expect(await renewEndpoints(app.database.db, { endpoints, leaseUntil: until })).toEqual(new Set([id]));
  await renewEndpoints(app.database.db, { endpoints, leaseUntil: app.clock.now() });
  expect(await leaseUntil(id)).toEqual(until);
});

test('a renewal that comes after the release changes nothing', async () => {
  const id = await subscribeWithDue();
  const endpoint = await claimOne();
  await release(endpoint);
  const until = addMs(app.clock.now(), leaseMs);
  expect(await renewEndpoints(app.database.db, { endpoints: [endpoint], leaseUntil: until })).toEqual(
    new Set(),
  );
  expect(await leaseUntil(id)).toEqual(app.clock.now());
});

test('when another lease has followed, the earlier one can neither record, renew nor release', async () => {
  const id = await subscribeWithDue();
  const earlier = await claimOne();
  app.clock.advance(leaseMs);
  const later = await claimOne();
  const until = await leaseUntil(id);
  expect(await app.database.transaction((tx) => lockLeased(tx, earlier))).toBeUndefined();
  expect(
    await renewEndpoints(app.database.db, { endpoints: [earlier], leaseUntil: addMs(until, 1) }),
  ).toEqual(new Set());
  await release(earlier);
  expect(await leaseUntil(id)).toEqual(until);
  expect(await app.database.transaction((tx) => lockLeased(tx, later))).toMatchObject({ id });
});

test('an endpoint that cannot be served for an error of ours is tried again when its lease expires', async () => {
  const id = await subscribeWithDue();
  const { rows } = await app.database.pool.query('select secret from webhooks where id = $1', [id]);
  await app.database.pool.query("update webhooks set secret = 'garbage' where id = $1", [id]);
  await app.deliver();
  expect(app.logLines).toContainEqual(
    expect.objectContaining({ msg: 'claimed work could not be served', webhookId: id }),
  );
  await app.database.pool.query('update webhooks set secret = $2 where id = $1', [id, rows[0].secret]);
  await app.deliver();
  expect(receiver.received).toEqual([]);
  app.clock.advance(leaseMs);
  await app.deliver();
  expect(receiver.received).toHaveLength(1);
});

test('a started sender sends new events without being asked, and a stopped one does not', async () => {
  await app.subscribe(receiver);
  await app.app.webhooks.start();
  await app.happen(1);
  await readableEvents(app.database.db);
  await eventually('it is sent', () => {
    app.clock.advance(1_000);
    return receiver.received.length === 1;
  });
  let hasStopped = false;
  void app.app.webhooks.stop(1_000).then(() => {
    hasStopped = true;
  });
  await eventually('it has stopped', () => {
    app.clock.advance(100);
    return hasStopped;
  });
  await app.happen(1);
  await readableEvents(app.database.db);
  app.clock.advance(60_000);
  expect(receiver.received).toHaveLength(1);
});

test('an organization gets at most its places, those that are being served included', async () => {
  const ids = [];
  for (let count = 0; count < 5; count += 1) ids.push(await subscribeWithDue());
  const first = await claim(100, { perOrganization: 2 });
  expect(first).toHaveLength(2);
  expect(await claim(100, { perOrganization: 3, active: first })).toHaveLength(1);
  // Endpoints of other organizations that are being served do not count.
  const others = [{ organization_id: 'org_other' }, { organization_id: 'org_other' }];
  expect(await claim(100, { perOrganization: 2, active: others })).toHaveLength(2);
});

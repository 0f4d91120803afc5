// Tests of the content of /ready and /metrics, and of the callers that they serve.
import { describe, expect, test } from 'vitest';
import { createTestApp } from '../../test/app.ts';
import { account, app, useApp } from '../../test/use-app.ts';
import { workerCheck } from '../features/publishing/index.ts';
import { clockCheck, runCheck, storageCheck } from '../platform/checks/index.ts';
import { addMs, systemClock } from '../platform/clock.ts';

useApp({ accountPer: 'file' });

/** The metrics by `name{labels}`. */
async function figures(headers: Record<string, string> = {}): Promise<Map<string, number>> {
  const answer = await fetch(`${app.url}/metrics`, { headers });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = (await answer.text()).split('\n').filter((line) => line && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

describe('/metrics', () => {
  test('/metrics has the lag and the result of a publish, the call to Pinterest, the media and the request', async () => {
    const worker = app.app.createWorker();
    await app.createPost(account, { title: 'Counted' });
    await app.faults([{ operation: 'pins/create', when: 'before', kind: 'status', status: 429, times: 1 }]);
    app.clock.advance(63_000);
    await worker.runDue();
    app.clock.advance(600_000);
    await worker.runDue();
    await app.clearFaults();
    const seen = await figures();
    expect(seen.get('pintail_publish_lag_seconds_count')).toBe(1);
    expect(seen.get('pintail_publish_lag_seconds_sum')).toBe(603);
    expect(seen.get('pintail_publish_outcomes_total{outcome="sent",code=""}')).toBe(1);
    expect([...seen.keys()].filter((name) => name.includes('outcome="postponed",code="'))).toHaveLength(1);
    expect(
      seen.get(
        'pintail_pinterest_requests_total{environment="simulator",operation="createPin",outcome="created"}',
      ),
    ).toBe(1);
    expect(seen.get('pintail_media_fetches_total{result="ok"}')).toBe(1);
    expect(
      seen.get(
        'pintail_http_requests_total{method="POST",route="/v1/accounts/:accountId/posts",status="2xx"}',
      ),
    ).toBe(1);
    expect(seen.get('pintail_db_pool_connections{state="total"}')).toBeGreaterThan(0);
    expect(seen.get('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    expect(seen.get('pintail_disk_free_bytes')).toBeGreaterThan(0);
  });

  test('/metrics counts posts that are being published, missed posts, and lanes that wait for a worker', async () => {
    app.clock.advance(60_000);
    await app.createPost(account, { title: 'Waits' });
    await app.createPost(account, {
      title: 'Later',
      sendAt: new Date(app.clock.now().getTime() + 864e5).toISOString(),
    });
    app.clock.advance(60_000 + 61_000);
    const seen = await figures();
    expect(seen.get('pintail_database_up')).toBe(1);
    expect(seen.get('pintail_posts{state="queued"}')).toBe(2);
    expect(seen.get('pintail_posts{state="missed"}')).toBe(1);
    expect(seen.get('pintail_posts{state="unknown"}')).toBe(0);
    expect(seen.get('pintail_lanes{state="due"}')).toBe(1);
    expect(seen.get('pintail_lanes_lag_seconds')).toBe(61);
    expect(seen.get('pintail_accounts{token="ok"}')).toBe(1);
  });

  test('/metrics queries the database at most every ten seconds, however often it is scraped', async () => {
    app.clock.advance(10_000);
    const before = await figures();
    await app.createPost(account, { title: 'New' });
    expect((await figures()).get('pintail_posts{state="queued"}')).toBe(
      before.get('pintail_posts{state="queued"}'),
    );
    app.clock.advance(10_000);
    expect((await figures()).get('pintail_posts{state="queued"}')).toBe(
      Number(before.get('pintail_posts{state="queued"}')) + 1,
    );
  });

  test('/metrics has no id, address or input of a caller as a label', async () => {
    await app.call('GET', `/v1/accounts/${account.accountId}`);
    await app.call('GET', '/no/such/place');
    await app.call('PROPFIND', '/v1/accounts');
    const text = [...(await figures()).keys()].join('\n');
    expect(text).toContain('route="none"');
    expect(text).not.toMatch(/acc_|post_|org_|no\/such|127\.0\.0\.1|PROPFIND|user_1/);
  });

  test('/metrics answers callers on this machine only, and no request that a proxy forwarded', async () => {
    for (const header of ['x-forwarded-for', 'forwarded', 'via']) {
      const answer = await fetch(`${app.url}/metrics`, { headers: { [header]: '203.0.113.9' } });
      expect(answer.status).toBe(404);
    }
  });

  test('with METRICS_TOKEN, /metrics answers callers that have it, and is not found for others', async () => {
    const guarded = await createTestApp({ config: { metricsToken: 'a-token-for-metrics' } });
    const ask = (headers: Record<string, string>) => fetch(`${guarded.url}/metrics`, { headers });
    expect((await ask({})).status).toBe(404);
    expect((await ask({ authorization: 'Bearer a-token-for-metricz' })).status).toBe(404);
    expect((await ask({ authorization: `Bearer ${guarded.key}` })).status).toBe(404);
    const right = { authorization: 'Bearer a-token-for-metrics', 'x-forwarded-for': '203.0.113.9' };
    expect((await ask(right)).status).toBe(200);
    await guarded.stop();
  });

  test('/metrics answers while the database is unavailable, and says so', async () => {
    const broken = await createTestApp();
    await broken.database.close();
    const answer = await fetch(`${broken.url}/metrics`);
    expect([answer.status, await answer.text()]).toEqual([
      200,
      expect.stringContaining('pintail_database_up 0'),
    ]);
    await broken.stop();
  });
});

describe('/ready', () => {
  const ready = async (of = app) => of.call('GET', '/ready', undefined, null);

  test('/ready answers 200 with every part', async () => {
    const { status, body } = await ready();
    expect([status, body.status]).toEqual([200, 'ready']);
    const names = body.checks.map((check: { name: string }) => check.name);
    expect(names).toEqual(['database', 'migrations', 'storage', 'disk', 'events']);
  });

  test('/ready answers 503 while the media storage is unavailable', async () => {
    app.clock.advance(30_000);
    await app.withoutMedia(async () => {
      const { status, body } = await ready();
      expect([status, body.status]).toEqual([503, 'not_ready']);
      expect(body.checks).toContainEqual({
        name: 'storage',
        ok: false,
        reason: 'The media storage is not writable.',
      });
    });
    expect((await ready()).status).toBe(200);
  });

  test('/ready answers 503 when a newer version has migrated the database, or an older dump was restored', async () => {
    const change = (text: string) => app.database.pool.query(text);
    await change("insert into migrations (name, checksum) values ('9999_from_tomorrow.sql', '')");
    expect((await ready()).body.checks[1]).toMatchObject({
      name: 'migrations',
      ok: false,
      reason: expect.stringContaining('newer'),
    });
    await change("delete from migrations where name = '9999_from_tomorrow.sql'");
    await change("update migrations set name = name || '.away' where name like '0001%'");
    expect((await ready()).body.checks[1]).toMatchObject({
      ok: false,
      reason: expect.stringContaining('Migrations are pending (1)'),
    });
    await change("update migrations set name = replace(name, '.away', '') where name like '0001%'");
    expect((await ready()).status).toBe(200);
  });

  test('/ready does not reveal hosts, users or paths while the database is unavailable', async () => {
    const broken = await createTestApp();
    await broken.database.close();
    const { status, body } = await ready(broken);
    expect(status).toBe(503);
    expect(body.checks[0]).toEqual({
      name: 'database',
      ok: false,
      reason: 'The database does not respond.',
    });
    expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|postgres:|\/tmp/);
    await broken.stop();
  });

  test("the check of the clock fails if its time is not the database's", async () => {
    // The test's clock is in another year.
    expect(await clockCheck(app.database, app.clock).run()).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/differs from the database's/),
    });
  });

  test('a clock that differs by more than 2 s is a warning, and by more than 5 s a failure', async () => {
    const findingAt = async (aheadMs: number) => {
      const clock = { ...app.clock, now: () => addMs(systemClock.now(), aheadMs) };
      return (await clockCheck(app.database, clock).run()).status;
    };
    expect([await findingAt(0), await findingAt(3_000), await findingAt(-7_000)]).toEqual([
      'ok',
      'warning',
      'failed',
    ]);
  });

  test('a storage that cannot be listed is a warning, and media can still be stored', async () => {
    const storage = { ...app.app.storage, list: () => Promise.reject(new Error('AccessDenied')) };
    expect(await storageCheck(storage, app.clock).run()).toMatchObject({
      status: 'warning',
      message: expect.stringContaining('cannot be listed'),
      cause: new Error('AccessDenied'),
    });
  });

  test('a check that throws has failed, and its error is not in the message', async () => {
    const run = () => Promise.reject(new Error('secret'));
    const finding = await runCheck({ name: 'part', run });
    expect(finding).toEqual({ status: 'failed', message: expect.any(String), cause: new Error('secret') });
    expect(finding.message).not.toContain('secret');
  });

  test('the check of the worker fails when it has not polled for half a minute', async () => {
    const { run } = workerCheck(app.app.lastPollAt, app.clock);
    await app.app.createWorker().runDue();
    app.clock.advance(30_000);
    expect(await run()).toMatchObject({ status: 'ok' });
    app.clock.advance(1);
    expect(await run()).toEqual({
      status: 'failed',
      message: 'The worker has not polled for due posts for 30 s.',
    });
    await app.app.createWorker().runDue();
    expect(await run()).toMatchObject({ status: 'ok' });
  });
});

test('/ready says that the clock was set back, and when it differs from the clock of Pinterest', async () => {
  const setBack = { at: app.clock.now(), byMs: 3600_000 };
  let witnesses: { setBack: typeof setBack | null; pinterestSkewMs: number | null } = {
    setBack: null,
    pinterestSkewMs: null,
  };
  const check = clockCheck(app.database, { ...app.clock, now: () => new Date() }, () => witnesses);
  expect(await runCheck(check)).toMatchObject({ status: 'ok' });
  witnesses = { setBack: { ...setBack, at: new Date() }, pinterestSkewMs: 400 };
  expect(await runCheck(check)).toMatchObject({
    status: 'warning',
    message: expect.stringContaining("The database's clock was set back by 3600 s"),
  });
  witnesses = { setBack: null, pinterestSkewMs: -3600_000 };
  expect(await runCheck(check)).toMatchObject({
    status: 'warning',
    message: "The clock is 3600 s ahead of Pinterest's.",
  });
});

// A transaction that does not end keeps events from readers, and the operator can see it.
import { expect, test } from 'vitest';
import { app, useApp } from '../../../test/use-app.ts';

useApp({ accountPer: 'file' });

test('the metric and /ready have the age of the oldest event that readers do not see', async () => {
  const read = async () => {
    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    const { status, body } = await app.call('GET', '/ready', undefined, null);
    const events = body.checks.find(({ name }: { name: string }) => name === 'events');
    const age = /^pintail_events_horizon_age_seconds (\S+)$/m.exec(metrics)?.[1];
    return { age: Number(age), status, ready: body.status, warning: events.warning };
  };
  expect(await read()).toMatchObject({ age: 0, status: 200, warning: undefined });
  const holder = await app.database.pool.connect();
  await holder.query('begin');
  await holder.query('select pg_current_xact_id()');
  await app.call('POST', '/v1/webhooks', { url: 'https://example.com/hook' });
  const [account] = (await app.call('GET', '/v1/accounts')).body.data.accounts;
  await app.call('POST', `/v1/accounts/${account.id}/pause`);
  app.clock.advance(90_000);
  expect(await read()).toMatchObject({
    age: 90,
    status: 200,
    ready: 'ready',
    warning: expect.stringContaining('The oldest event has been hidden from readers for 90 s'),
  });
  await holder.query('rollback');
  holder.release();
  app.clock.advance(10_000);
  expect(await read()).toMatchObject({ age: 0, warning: undefined });
});

// The metrics of webhooks.
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  fail,
  ok,
  type Receiver,
  startReceiver,
  startWebhookApp,
  type WebhookApp,
} from './receiver.fixture.ts';

let app: WebhookApp;
let good: Receiver;
let bad: Receiver;

beforeAll(async () => {
  [good, bad] = await Promise.all([startReceiver(), startReceiver()]);
  app = await startWebhookApp([good, bad]);
});
afterAll(async () => {
  await app.stop();
  await Promise.all([good.close(), bad.close()]);
});

/** The present figures of webhooks. */
async function figures(): Promise<Record<string, number>> {
  app.clock.advance(10_000);
  const text = await (await fetch(`${app.url}/metrics`)).text();
  const lines = [...text.matchAll(/^(pintail_webhooks?_?\S*) (\S+)$/gm)];
  return Object.fromEntries(lines.map(([, name, value]) => [name, Number(value)]));
}

test('the metrics have attempts by outcome, due deliveries, and failing and disabled endpoints', async () => {
  await app.subscribe(good);
  await app.subscribe(bad);
  bad.answer = fail;
  await app.happen(2);
  expect(await figures()).toMatchObject({
    'pintail_webhooks{state="active"}': 2,
    pintail_webhooks_lag_seconds: 0,
  });
  await app.app.webhooks.run();
  app.clock.advance(50_000);
  expect(await figures()).toMatchObject({ pintail_webhooks_lag_seconds: 60 });
  await app.app.webhooks.runDue();
  expect(await figures()).toMatchObject({
    'pintail_webhook_attempts_total{outcome="delivered"}': 2,
    'pintail_webhook_attempts_total{outcome="later"}': 2,
    'pintail_webhooks{state="active"}': 1,
    'pintail_webhooks{state="failing"}': 1,
  });
  // The receiver answers 410.
  bad.answer = (response) => void response.writeHead(410).end();
  app.clock.advance(3600_000);
  await app.deliver();
  expect(await figures()).toMatchObject({
    'pintail_webhooks_disabled_total{reason="gone"}': 1,
    'pintail_webhooks{state="disabled"}': 1,
    'pintail_webhooks{state="failing"}': 0,
    // A disabled webhook has no lag.
    pintail_webhooks_lag_seconds: 0,
  });
  good.answer = ok;
});

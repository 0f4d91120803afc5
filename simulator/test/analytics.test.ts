// Analytics in Pinterest's shape, with days that are not ready (docs/pinterest.md#simulated-behavior, no. 29).
import { describe, expect, test } from 'vitest';
import { base64Source, openTest, seedDemo } from './harness.ts';

async function ready() {
  const sim = await openTest({ now: () => new Date('2026-03-01T12:00:00Z') });
  const { boardId } = await seedDemo(sim, {
    tokens: [{ accessToken: 'pina_demo', expiresInSeconds: 90_000_000 }],
  });
  const { body: pin } = await sim.api('POST', '/pins', {
    body: { board_id: boardId, media_source: await base64Source() },
  });
  await sim.control('POST', '/clock', { now: '2026-03-11T12:00:00Z' });
  const read = (query: string) => sim.api('GET', `/pins/${pin.id}/analytics?${query}`);
  return { sim, pin, read };
}

const range = 'start_date=2026-02-27&end_date=2026-03-11';

describe('analytics of a Pin', () => {
  test('the newest day is PROCESSING, the day before ESTIMATE, and days before the Pin have no metrics', async () => {
    const { read } = await ready();
    const { status, body } = await read(`${range}&metric_types=IMPRESSION,SAVE,SAVE_RATE,TOTAL_COMMENTS`);
    expect(status).toBe(200);
    const statuses = body.all.daily_metrics.map((day: { data_status: string }) => day.data_status);
    expect(statuses).toEqual([
      'BEFORE_PIN_CREATED',
      'BEFORE_PIN_CREATED',
      ...Array(9).fill('READY'),
      'ESTIMATE',
      'PROCESSING',
    ]);
    expect(body.all.daily_metrics[12]).not.toHaveProperty('metrics');
    const counted = body.all.daily_metrics.flatMap(
      (day: { metrics?: { SAVE: number } }) => day.metrics?.SAVE ?? [],
    );
    expect(body.all.summary_metrics.SAVE).toBe(counted.reduce((sum: number, one: number) => sum + one, 0));
    expect(body.all.summary_metrics.IMPRESSION).toBeGreaterThan(0);
  });

  test('repeated requests return the same numbers', async () => {
    const { read } = await ready();
    const query = `${range}&metric_types=IMPRESSION,PIN_CLICK&split_field=APP_TYPE`;
    const first = await read(query);
    expect(Object.keys(first.body)).toEqual(['MOBILE', 'TABLET', 'WEB']);
    expect((await read(query)).body).toEqual(first.body);
  });

  test.each([
    ['more than 90 days back', 'start_date=2025-12-10&end_date=2026-03-01&metric_types=SAVE', 400],
    ['backwards', 'start_date=2026-03-05&end_date=2026-03-01&metric_types=SAVE', 400],
    ['in the future', 'start_date=2026-03-05&end_date=2026-03-12&metric_types=SAVE', 400],
    ['no day', 'start_date=2026-02-30&end_date=2026-03-01&metric_types=SAVE', 1],
    ['no metrics', 'start_date=2026-03-05&end_date=2026-03-06', 1],
    ['unknown metrics', 'start_date=2026-03-05&end_date=2026-03-06&metric_types=LOVE', 1],
  ])('%s is 400', async (_name, query, code) => {
    const { read } = await ready();
    const { status, body } = await read(query);
    expect([status, body.code]).toEqual([400, code]);
  });

  test('a range from exactly 90 days ago is allowed', async () => {
    const { read } = await ready();
    const { status, body } = await read('start_date=2025-12-11&end_date=2026-03-11&metric_types=SAVE');
    expect([status, body.all.daily_metrics.length]).toEqual([200, 91]);
  });
});

test('analytics of several Pins, the account and its top Pins have Pinterest’s form', async () => {
  const { sim, pin } = await ready();
  const many = await sim.api('GET', `/pins/analytics?pin_ids=${pin.id}&${range}&metric_types=IMPRESSION`);
  expect(many.body[pin.id].all.summary_metrics.IMPRESSION).toBeGreaterThan(0);
  const account = await sim.api('GET', `/user_account/analytics?${range}&split_field=PIN_FORMAT`);
  expect(Object.keys(account.body)).toContain('ORGANIC_VIDEO');
  const top = await sim.api(
    'GET',
    `/user_account/analytics/top_pins?${range}&sort_by=SAVE&created_in_last_n_days=30`,
  );
  expect(top.body).toMatchObject({ sort_by: 'SAVE', pins: [{ pin_id: pin.id }] });
  const videos = await sim.api('GET', `/user_account/analytics/top_video_pins?${range}&sort_by=VIDEO_START`);
  expect(videos.body.pins).toEqual([]);
});

test('analytics are not available in the sandbox', async () => {
  const sim = await openTest();
  await seedDemo(sim, { environment: 'sandbox', tokens: [{ accessToken: 'pina_sandbox' }] });
  const { status } = await sim.api('GET', `/user_account/analytics?${range}`, {
    token: 'pina_sandbox',
    environment: 'sandbox',
  });
  expect(status).toBe(403);
});

import { afterEach, expect, test } from 'vitest';
import { createPinterest, type Pinterest } from '../index.ts';
import {
  captureLog,
  createTestClock,
  type RawServer,
  respond,
  startRawServer,
} from '../test-server.fixture.ts';

let server: RawServer | undefined;
let pinterest: Pinterest | undefined;

afterEach(async () => {
  await pinterest?.close();
  await server?.close();
});

const query = { startDate: '2026-02-01', endDate: '2026-02-03', metricTypes: ['IMPRESSION', 'SAVE'] };

test('a day that is still processed has no numbers, which is not the same as 0', async () => {
  const daily = [
    { date: '2026-02-01', data_status: 'READY', metrics: { IMPRESSION: 240, SAVE: 0 } },
    { date: '2026-02-02', data_status: 'PROCESSING', metrics: { IMPRESSION: null } },
    { date: '2026-02-03', data_status: 'SOMETHING_NEW' },
    'odd',
  ];
  const all = {
    daily_metrics: daily,
    summary_metrics: { IMPRESSION: 240 },
    lifetime_metrics: { TOTAL_COMMENTS: 10 },
  };
  server = await startRawServer(respond(200, { all, MOBILE: {} }));
  pinterest = createPinterest({ apiUrl: server.apiUrl, clock: createTestClock(), log: captureLog().log });
  const answer = await pinterest.getPinAnalytics('pina_token', '1', query);
  expect(answer.kind === 'ok' && answer.value).toEqual({
    all: {
      daily: [
        { date: '2026-02-01', status: 'READY', metrics: { IMPRESSION: 240, SAVE: 0 } },
        { date: '2026-02-02', status: 'PROCESSING', metrics: {} },
        { date: '2026-02-03', status: 'SOMETHING_NEW', metrics: {} },
      ],
      summary: { IMPRESSION: 240 },
      lifetime: { TOTAL_COMMENTS: 10 },
    },
    MOBILE: { daily: [], summary: {}, lifetime: {} },
  });
  expect(server.requests[0]?.path).toBe(
    '/v5/pins/1/analytics?start_date=2026-02-01&end_date=2026-02-03&metric_types=IMPRESSION%2CSAVE',
  );
});

test('more than 90 days back is a refusal to be read, not an error to be caught', async () => {
  server = await startRawServer(respond(400, { code: 1, message: 'start_date is more than 90 days back.' }));
  pinterest = createPinterest({ apiUrl: server.apiUrl, clock: createTestClock(), log: captureLog().log });
  const answer = await pinterest.getAccountAnalytics('pina_token', query);
  expect(answer).toMatchObject({ kind: 'failed', failure: { reason: 'invalid_request', retryable: false } });
});

// A slash at the end of a path is refused with a hint, and never taken for an empty id.
import { expect, test } from 'vitest';
import { account, app, useApp } from '../../../test/use-app.ts';

useApp();

const details = [
  { path: '', code: 'trailing_slash', message: 'The path ends with a slash. It exists without the slash.' },
];

const paths: [string, () => string][] = [
  ['GET', () => '/v1/accounts/'],
  ['GET', () => '/v1/accounts/?limit=5'],
  ['GET', () => `/v1/accounts/${account.accountId}/posts/`],
  ['POST', () => `/v1/accounts/${account.accountId}/posts/`],
  ['POST', () => `/v1/accounts/${account.accountId}/posts/batches/`],
  ['GET', () => '/v1/media//'],
  ['DELETE', () => '/v1/webhooks/'],
];

test.each(paths)('%s of a path with a slash at its end %#', async (method, path) => {
  const { status, body } = await app.call(method, path(), method === 'POST' ? {} : undefined);
  expect([status, body.error.reason, body.error.details]).toEqual([404, 'endpoint_not_found', details]);
});

test('a path that exists neither with nor without the slash has no hint', async () => {
  for (const path of ['/v1/nothing/', '/v1/accounts//posts']) {
    const { status, body } = await app.call('GET', path);
    expect([status, body.error.reason, body.error.details]).toEqual([404, 'endpoint_not_found', undefined]);
  }
});

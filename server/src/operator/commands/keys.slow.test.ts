// The commands for API keys, as an operator runs them.
import { execFile } from 'node:child_process';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/app.ts';
import { systemClock } from '../../platform/clock.ts';

vi.setConfig({ testTimeout: 60_000 });

let app: TestApp;

beforeAll(async () => {
  app = await createTestApp({ now: systemClock.now() });
});
afterAll(() => app.stop());

/** Runs `keys` with these arguments; `error` is what it prints when it fails, and empty otherwise. */
function keys(...args: string[]): Promise<{ code: number; output: string; error: string }> {
  const program = new URL('../../../bin/pintail.js', import.meta.url).pathname;
  const env = {
    PATH: process.env.PATH ?? '',
    PINTAIL_DATA_DIR: app.parts.config.dataDir,
    DATABASE_URL: app.databaseUrl,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [program, 'keys', ...args], { env }, (error, output, stderr) => {
      resolve({ code: Number(error?.code ?? 0), output, error: stderr });
    });
  });
}

test('a key for an account that the organization does not have is refused, and so is an invalid expiry', async () => {
  const foreign = await app.makeKey({ organization: 'Strangers' });
  const theirs = await app.connectAccount({ organizationId: foreign.organizationId });
  for (const id of ['nonsense', theirs.accountId]) {
    const refused = await keys('create', '--name', 'n', '--organization', 'Test', '--account', id);
    expect([refused.code, refused.output]).toEqual([1, '']);
    expect(refused.error).toContain(`"Test" has no connected account ${id}`);
  }
  for (const time of ['soon', '2020-01-01T00:00:00Z', '0d']) {
    const refused = await keys('create', '--name', 'n', '--expires', time);
    expect([refused.code, refused.error]).toEqual([1, expect.stringContaining('--expires must be')]);
  }
});

test('a key has the scopes, accounts and expiry of its options, and the list shows them', async () => {
  const { accountId } = await app.connectAccount();
  const options = ['--scope', 'keys:write', 'posts:read', '--account', accountId, '--expires', '90d'];
  const created = await keys('create', '--name', 'limited', '--organization', 'Test', ...options, '--json');
  const { id, key } = JSON.parse(created.output);
  const me = await app.call('GET', '/v1/me', undefined, key);
  expect(me.body.data.key).toMatchObject({
    scopes: ['keys:write', 'posts:read'],
    accountIds: [accountId],
  });
  const inDays = (me.body.data.key.expiresAt * 1000 - app.clock.now().getTime()) / 86_400_000;
  expect(Math.round(inDays)).toBe(90);
  const body = {
    name: 'child',
    scopes: ['posts:read'],
    accountIds: [accountId],
    expiresAt: new Date(app.clock.now().getTime() + 3_600_000).toISOString(),
  };
  const child = (await app.call('POST', '/v1/api-keys', body, key)).body.data.apiKey;
  const { output } = await keys('list');
  const lineOf = (keyId: string) => output.split('\n').find((line) => line.includes(`'${keyId}'`));
  expect(lineOf(id)).toMatch(new RegExp(`keys:write posts:read.*${accountId}.*Pintail`));
  expect(lineOf(child.id)).toMatch(new RegExp(`posts:read.*${accountId}.*${id}`));
  const revoked = await keys('revoke', id, '--cascade');
  expect(revoked.output).toContain(`Revoked ${id}, ${child.id}.`);
});

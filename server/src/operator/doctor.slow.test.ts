// The doctor's findings, as JSON.
import { execFile } from 'node:child_process';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createTestApp, type TestApp } from '../../test/app.ts';
import { addMs, systemClock } from '../platform/clock.ts';

vi.setConfig({ testTimeout: 60_000 });

interface Check {
  name: string;
  status: 'ok' | 'warning' | 'failed';
  message: string;
  fix?: string;
}

let app: TestApp;
const key = Buffer.alloc(32, 5);

beforeAll(async () => {
  app = await createTestApp({ config: { encryptionKey: key }, now: systemClock.now() });
  await app.connectAccount();
});
afterAll(() => app.stop());

/** Runs the doctor. `env` overrides the settings of a healthy installation. */
function doctor(env: Record<string, string> = {}): Promise<{ code: number; checks: Check[]; text: string }> {
  const program = new URL('../../bin/pintail.js', import.meta.url).pathname;
  const healthy = {
    PATH: process.env.PATH ?? '',
    PINTAIL_DATA_DIR: app.parts.config.dataDir,
    DATABASE_URL: app.databaseUrl,
    PINTAIL_ENCRYPTION_KEY: key.toString('hex'),
    PINTEREST_API_URL: app.simulator.apiUrl,
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, 'doctor', '--json'],
      { env: { ...healthy, ...env } },
      (error, stdout, stderr) => {
        const code = typeof error?.code === 'number' ? error.code : 0;
        resolve({ code, checks: JSON.parse(stdout) as Check[], text: stdout + stderr });
      },
    );
  });
}

const failed = (checks: Check[]) => checks.filter(({ status }) => status === 'failed');

test('the doctor reports every part of a healthy installation as ok, and exits with 0', async () => {
  const { code, checks } = await doctor();
  expect(failed(checks)).toEqual([]);
  expect(code).toBe(0);
  expect(checks.map(({ name }) => name)).toEqual([
    'node',
    'settings',
    'storage',
    'disk',
    'database',
    'migrations',
    'clock',
    'keys',
    'encryption',
    'encryption key',
    'accounts',
    'publishing',
    'pinterest',
  ]);
});

test('the doctor reports an unreachable database without its password', async () => {
  const { code, checks, text } = await doctor({
    DATABASE_URL: 'postgres://me:planted-password@127.0.0.1:1/x',
  });
  expect(code).toBe(1);
  expect(failed(checks)).toMatchObject([{ name: 'database' }]);
  expect(text).not.toContain('planted-password');
});

test('the doctor says that the encryption key is not the one of the stored tokens', async () => {
  const { code, checks } = await doctor({ PINTAIL_ENCRYPTION_KEY: '00'.repeat(32) });
  expect(code).toBe(1);
  expect(failed(checks)).toMatchObject([
    {
      name: 'encryption key',
      message: 'The encryption key is not the one that the stored tokens were encrypted with.',
      fix: expect.stringContaining('PINTAIL_ENCRYPTION_KEY'),
    },
  ]);
});

test('the doctor reports an unreachable Pinterest, an incomplete key rotation and invalid settings', async () => {
  const unreachable = await doctor({ PINTEREST_API_URL: 'http://127.0.0.1:1/v5' });
  expect(failed(unreachable.checks)).toMatchObject([{ name: 'pinterest' }]);
  const half = await doctor({ PINTAIL_ENCRYPTION_KEY_OLD: '00'.repeat(32) });
  expect(failed(half.checks)).toMatchObject([
    { name: 'encryption', fix: expect.stringContaining('rotate-encryption-key') },
  ]);
  const wrong = await doctor({ PORT: 'x', PINTAIL_ROLL: 'all' });
  expect(failed(wrong.checks)).toMatchObject([
    { name: 'settings', message: expect.stringMatching(/PINTAIL_ROLE\?[\s\S]*PORT must be/) },
  ]);
  expect(wrong.code).toBe(1);
});

test('the doctor reports due posts that no worker claims', async () => {
  const { db } = app.database;
  await db
    .updateTable('lanes')
    .set({ wake_at: addMs(systemClock.now(), -300_000) })
    .execute();
  expect(failed((await doctor()).checks)).toMatchObject([
    { name: 'publishing', message: expect.stringMatching(/that no worker has claimed, for up to 5 minutes/) },
  ]);
  await db.updateTable('lanes').set({ wake_at: null }).execute();
});

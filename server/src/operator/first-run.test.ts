// The first key of an installation: in a file that only its owner can read, and one for each kind of Pinterest.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestClock } from '../../test/clock.ts';
import { createTestDatabase, type TestDatabase } from '../../test/database.ts';
import type { AccountsService } from '../features/accounts/index.ts';
import { createAuth } from '../features/auth/index.ts';
import { firstRun } from './first-run.ts';

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'pintail-first-'));
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

const authOf = (keyPrefix: 'pt_test_' | 'pt_live_') =>
  createAuth({ database: database.database, clock: createTestClock(), keyPrefix });

const start = (isSimulator: boolean) =>
  firstRun({
    database: database.database,
    auth: authOf(isSimulator ? 'pt_test_' : 'pt_live_'),
    // Used only with a simulator of this process.
    accounts: {} as AccountsService,
    keyFile: join(folder, 'first-api-key'),
    isSimulator,
    simulatorUrl: null,
    app: { appId: 'x', appSecret: 'x' },
    redirectUri: 'http://127.0.0.1/callback',
  });

test('a folder that began with the simulator gets a key for Pinterest, and the old one works no more', async () => {
  const file = join(folder, 'first-api-key');
  await writeFile(file, 'left from before', { mode: 0o644 });
  const demo = await start(true);
  expect(demo).toMatchObject({ isNew: true, key: expect.stringMatching(/^pt_test_/), keyFile: file });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await readFile(file, 'utf8')).trim()).toBe(demo.key);
  expect(await start(true)).toMatchObject({ isNew: false, key: demo.key });

  const live = await start(false);
  expect(live).toMatchObject({ isNew: true, key: expect.stringMatching(/^pt_live_/) });
  expect((await readFile(file, 'utf8')).trim()).toBe(live.key);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  // At later starts nothing is shown.
  expect(await start(false)).toMatchObject({ isNew: false, key: null });

  const auth = authOf('pt_live_');
  expect(await auth.authenticate(live.key ?? '')).toMatchObject({ organizationId: expect.any(String) });
  expect(await auth.authenticate(demo.key ?? '')).toBeNull();
  expect(await authOf('pt_test_').authenticate(demo.key ?? '')).not.toBeNull();
});

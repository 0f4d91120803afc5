// Rotation of the encryption key, as an operator runs it, with crashes.
import { execFile } from 'node:child_process';
import { existsSync, linkSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createTestApp, type TestApp } from '../../test/app.ts';
import { createApp } from '../app.ts';
import { beginKeyRotation, createEncryption, keyFromFile, oldKeyFromFile } from '../platform/encryption.ts';

vi.setConfig({ testTimeout: 60_000 });

let app: TestApp;
let folder: string;
let file: string;
const tokens: Record<string, string> = {};
/** The current and the previous secret of webhooks, by id. */
const webhookSecrets: Record<string, string[]> = {};
/** A request that created a webhook, and its response. */
let firstAnswer: string;
const makeWebhook = { method: 'POST', body: JSON.stringify({ url: 'http://127.0.0.1:9/hook' }) };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pintail-rotate-'));
  file = join(folder, 'encryption.key');
  app = await createTestApp({
    config: { encryptionKey: keyFromFile(file), webhookAllowedPrivateHosts: ['127.0.0.1:9'] },
  });
  for (let number = 0; number < 5; number += 1) {
    const { accountId, accessToken } = await app.connectAccount();
    tokens[accountId] = accessToken;
  }
  firstAnswer = await makeWebhookAgain();
  const { webhook, secret } = JSON.parse(firstAnswer).data;
  const rotated = await app.call('POST', `/v1/webhooks/${webhook.id}/rotate-secret`);
  webhookSecrets[webhook.id] = [rotated.body.data.secret, secret];
  const second = await app.call('POST', '/v1/webhooks', { url: 'http://127.0.0.1:9/other' });
  webhookSecrets[second.body.data.webhook.id] = [second.body.data.secret];
});
afterAll(async () => {
  await app.stop();
  await rm(folder, { recursive: true });
});

/** Repeats the same request on a server with this key and the previous one. */
async function makeWebhookAgain(encryptionKey?: Buffer): Promise<string> {
  const { createHttp } = encryptionKey
    ? await createApp({ ...app.parts, config: { ...app.parts.config, encryptionKey } })
    : app.app;
  const http = createHttp();
  try {
    const url = await http.listen({ host: '127.0.0.1', port: 0 });
    const headers = {
      authorization: `Bearer ${app.key}`,
      'content-type': 'application/json',
      'idempotency-key': 'make-webhook',
    };
    return await (await fetch(`${url}/v1/webhooks`, { ...makeWebhook, headers })).text();
  } finally {
    await http.close();
  }
}

/** Runs the command on the test's database. */
async function rotate(env: Record<string, string> = {}): Promise<string> {
  const program = new URL('../../bin/pintail.js', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [program, 'rotate-encryption-key'], {
    env: { PATH: process.env.PATH ?? '', PINTAIL_DATA_DIR: folder, DATABASE_URL: app.databaseUrl, ...env },
  });
  return stdout;
}

/** Returns every stored token, decrypted with one key. */
async function opened(key: Buffer): Promise<Record<string, string>> {
  const { decrypt } = createEncryption(key);
  const rows = await app.database.db.selectFrom('accounts').select(['id', 'access_token']).execute();
  return Object.fromEntries(
    rows.map(({ id, access_token }) => [id, access_token ? decrypt(access_token, id) : '']),
  );
}

/** Returns every secret of the webhooks, decrypted with one key. */
async function openedSecrets(key: Buffer): Promise<Record<string, string[]>> {
  const { decrypt } = createEncryption(key);
  const rows = await app.database.db.selectFrom('webhooks').selectAll().execute();
  return Object.fromEntries(
    rows.map(({ id, secret, previous_secret: previous }) => [
      id,
      [secret, ...(previous ? [previous] : [])].map((sealed) => decrypt(sealed, id)),
    ]),
  );
}

/** Renames the test's own connections, which would otherwise count as a running Pintail. */
async function asIfStopped(work: () => Promise<unknown>): Promise<void> {
  const pools = await app.database.pool.query<{ pid: number }>(
    `select pid from pg_stat_activity where datname = current_database() and application_name = 'pintail'`,
  );
  const rename = (name: string) => app.database.pool.query(`set application_name = '${name}'`);
  // Requesting all clients of the pool at once returns each of them once.
  const all = (name: string) => Promise.all(pools.rows.map(() => rename(name)));
  await all('a test');
  try {
    await work();
  } finally {
    await all('pintail');
  }
}

describe('with the key file', () => {
  test('a rotation is refused while Pintail runs, and changes nothing', async () => {
    const before = keyFromFile(file);
    await expect(rotate()).rejects.toThrow(/Pintail is running on this database/);
    expect(keyFromFile(file)).toEqual(before);
    expect(oldKeyFromFile(file)).toBeUndefined();
  });

  test('a rotation creates a key, encrypts all secrets with it, and removes the old key', async () => {
    const before = keyFromFile(file);
    await asIfStopped(async () => {
      expect(await rotate()).toMatch(
        /tokens of 5 accounts, the secrets of 2 webhooks, and 1 response stored/,
      );
    });
    expect(keyFromFile(file)).not.toEqual(before);
    expect(existsSync(`${file}.old`)).toBe(false);
    expect(await opened(keyFromFile(file))).toEqual(tokens);
    expect(await openedSecrets(keyFromFile(file))).toEqual(webhookSecrets);
    expect(await makeWebhookAgain(keyFromFile(file))).toBe(firstAnswer);
  });

  test('an interrupted rotation continues with the same new key, and everything remains readable', async () => {
    const before = keyFromFile(file);
    beginKeyRotation(file);
    const next = keyFromFile(file);
    // Two of five are done.
    const half = createEncryption(next, before);
    for (const id of Object.keys(tokens).slice(0, 2)) {
      const row = await app.database.db
        .selectFrom('accounts')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      const access_token = half.encrypt(half.decrypt(row.access_token ?? Buffer.alloc(0), id), id);
      await app.database.db.updateTable('accounts').set({ access_token }).where('id', '=', id).execute();
    }
    const between = await createApp({
      ...app.parts,
      config: { ...app.parts.config, encryptionKey: undefined, dataDir: folder },
    });
    expect((await between.accounts.listForOperator()).every((account) => account.tokenReadable)).toBe(true);
    await asIfStopped(async () => {
      expect(await rotate()).toMatch(/tokens of 3 accounts/);
    });
    expect(keyFromFile(file)).toEqual(next);
    expect(await opened(next)).toEqual(tokens);
  });

  test('a rotation interrupted before the new key is in place leaves the old key, and the next one creates a key', async () => {
    const before = readFileSync(file, 'utf8');
    // The state between the two steps of beginKeyRotation.
    linkSync(file, `${file}.old`);
    expect(keyFromFile(file)).toEqual(oldKeyFromFile(file));
    await asIfStopped(() => rotate());
    expect(readFileSync(file, 'utf8')).not.toBe(before);
    expect(await opened(keyFromFile(file))).toEqual(tokens);
  });
});

describe('with keys in the settings', () => {
  const next = Buffer.alloc(32, 7);
  const settings = () => ({
    PINTAIL_ENCRYPTION_KEY: next.toString('hex'),
    PINTAIL_ENCRYPTION_KEY_OLD: keyFromFile(file).toString('hex'),
  });

  test('a rotation without the old key in the settings says what to do', async () => {
    await expect(rotate({ PINTAIL_ENCRYPTION_KEY: next.toString('hex') })).rejects.toThrow(
      /PINTAIL_ENCRYPTION_KEY_OLD/,
    );
  });

  test('a rotation works while processes with both keys run, and makes the old key unnecessary', async () => {
    expect(await rotate(settings())).toMatch(/tokens of 5 accounts[\s\S]*no longer needed/);
    expect(await opened(next)).toEqual(tokens);
    expect(await rotate(settings())).toMatch(/tokens of 0 accounts/);
  });

  test('tokens that neither key decrypts are named, and remain unchanged', async () => {
    const [id = ''] = Object.keys(tokens);
    const strange = createEncryption(Buffer.alloc(32, 9)).encrypt('x', id);
    await app.database.db
      .updateTable('accounts')
      .set({ access_token: strange })
      .where('id', '=', id)
      .execute();
    await expect(rotate(settings())).rejects.toThrow(/Neither key decrypts the tokens of user_1/);
    const row = await app.database.db
      .selectFrom('accounts')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(row.access_token).toEqual(strange);
  });

  test('webhooks whose secrets neither key decrypts are named, and remain unchanged', async () => {
    const [id = ''] = Object.keys(webhookSecrets);
    const secret = createEncryption(Buffer.alloc(32, 9)).encrypt('x', id);
    await app.database.db.updateTable('webhooks').set({ secret }).where('id', '=', id).execute();
    await expect(rotate(settings())).rejects.toThrow(
      `Neither key decrypts the secrets of the webhooks ${id}`,
    );
    const row = await app.database.db
      .selectFrom('webhooks')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(row.secret).toEqual(secret);
  });
});

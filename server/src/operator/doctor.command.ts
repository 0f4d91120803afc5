// Checks each part that Pintail needs, and says of each what to do when it fails.
import { randomUUID } from 'node:crypto';
import { access, constants, statfs } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { request } from 'undici';
import { keyFileOf } from '../app.ts';
import { type Config, readConfig } from '../config.ts';
import { countLanes, countUndecided, ping } from '../features/system/index.ts';
import {
  addressesOf,
  type Installation,
  makeDataDir,
  openInstallation,
  publicUrlOf,
} from '../installation.ts';
import { openStorage } from '../open-storage.ts';
import { systemClock } from '../platform/clock.ts';
import { oldKeyFromFile } from '../platform/encryption.ts';
import { createLog } from '../platform/log.ts';
import type { S3Settings } from '../platform/storage/index.ts';
import { explainFailure } from './failure.ts';
import { printJson } from './with-installation.ts';

interface Check {
  name: string;
  ok: boolean;
  /** What was found, or what to do. */
  message: string;
}

const freeBytesMin = 1024 ** 3;
const clockSkewMsMax = 2_000;
const nodeMajorMin = 24;
/** A worker takes what is due within seconds. */
const waitsMsMax = 60_000;

export async function doctorCommand(options: { json?: true }): Promise<void> {
  const checks = await examine();
  if (options.json) printJson(checks);
  else
    for (const { name, ok, message } of checks)
      console.log(`${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(10)} ${message}`);
  if (checks.some((check) => !check.ok)) process.exitCode = 1;
}

async function examine(): Promise<Check[]> {
  const node = await examineOne('node', examineNode);
  let config: Config | undefined;
  const settings = await examineOne('settings', async () => {
    config = readConfig();
    return `environment ${config.pinterestEnvironment}, data in ${config.dataDir}`;
  });
  if (!config) return [node, settings];
  const known = config;
  const storage = await examineOne('storage', () => examineStorage(known));
  const pinterest = await examineOne('pinterest', () => examinePinterest(known));
  return [node, settings, storage, ...(await examineDatabase(known)), pinterest];
}

async function examineOne(name: string, work: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, message: await work() };
  } catch (error) {
    return { name, ok: false, message: explainFailure(error) };
  }
}

async function examineNode(): Promise<string> {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < nodeMajorMin)
    throw problem(`Node ${process.versions.node} is too old. Install Node ${nodeMajorMin} or newer.`);
  return process.versions.node;
}

async function examineStorage(config: Config): Promise<string> {
  makeDataDir(config);
  await access(config.dataDir, constants.R_OK | constants.W_OK);
  const { bavail, bsize } = await statfs(config.dataDir);
  const free = `${(bavail * bsize) / 1024 ** 3 >= 10 ? Math.round((bavail * bsize) / 1024 ** 3) : ((bavail * bsize) / 1024 ** 3).toFixed(1)} GiB free`;
  if (bavail * bsize < freeBytesMin)
    throw problem(`Only ${free} in ${config.dataDir}. Make room, or media will be refused.`);
  const folder = `${config.dataDir} can be written, ${free}`;
  return config.s3 ? `${folder}; ${await examineBucket(config, config.s3)}` : folder;
}

/** Does once what Pintail does with every file: put, look, delete. */
async function examineBucket(config: Config, { bucket, endpoint }: S3Settings): Promise<string> {
  const where = `the bucket ${bucket} at ${endpoint}`;
  const key = `doctor/${randomUUID()}`;
  try {
    const storage = await openStorage(config, systemClock);
    await storage.put(key, Readable.from([Buffer.from('examined')]));
    await storage.stat(key);
    await storage.list({ limit: 1 });
    await storage.remove(key);
  } catch (error) {
    const reason =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw problem(
      `${where} cannot be used: ${reason}. Check S3_ENDPOINT, S3_REGION, that the bucket exists, and that the key may read, list, write and delete.`,
    );
  }
  return `${where} can be read, listed, written and deleted from`;
}

/** The database, and what can only be known with it. */
async function examineDatabase(config: Config): Promise<Check[]> {
  let installation: Installation | undefined;
  try {
    const database = await examineOne('database', async () => {
      installation = await openInstallation({
        config,
        log: createLog({ level: 'error', format: config.logFormat }, process.stderr),
        publicUrl: publicUrlOf(config),
      });
      const { version } = await ping(installation.database.db);
      return `PostgreSQL ${version}, ${config.databaseUrl ? 'yours' : 'embedded'}, up to date`;
    });
    if (!installation) return [database];
    const open = installation;
    return [
      database,
      await examineOne('clock', () => examineClock(open)),
      await examineOne('media', () => examineMedia(open)),
      await examineOne('keys', () => examineKeys(open)),
      await examineOne('encryption', () => examineEncryption(config)),
      await examineOne('accounts', () => examineAccounts(open)),
      await examineOne('publishing', () => examinePublishing(open)),
    ];
  } finally {
    await installation?.close();
  }
}

async function examineClock({ database }: Installation): Promise<string> {
  const { now } = await ping(database.db);
  const skewMs = Math.abs(now.getTime() - systemClock.now().getTime());
  if (skewMs > clockSkewMsMax) {
    throw problem(
      `This machine and the database differ by ${skewMs} ms. Posts go out by the database's clock; set both by NTP.`,
    );
  }
  return `agrees with the database's within ${skewMs} ms`;
}

async function examineKeys({ app, clock }: Installation): Promise<string> {
  const now = clock.now();
  const living = (await app.auth.listKeys()).filter(
    (key) => key.revoked_at === null && (key.expires_at === null || key.expires_at > now),
  );
  if (living.length === 0)
    throw problem('There is no API key. Make one: npm run pintail -- keys create --name first');
  return `${living.length} living API key${living.length === 1 ? '' : 's'}`;
}

async function examineAccounts({ app }: Installation): Promise<string> {
  const accounts = await app.accounts.listForOperator();
  const bad = accounts
    .filter((account) => !account.tokenAuthorized || !account.tokenReadable)
    .map((account) => account.username);
  if (bad.length > 0) {
    throw problem(
      `The tokens of ${bad.join(', ')} do not work. Connect them again: npm run pintail -- accounts add --access-token T. If all fail, PINTAIL_ENCRYPTION_KEY is not the one they were stored with.`,
    );
  }
  return `${accounts.length} connected, every token readable`;
}

/** Where pictures are kept: a small object is put there and removed. */
async function examineMedia({ app }: Installation): Promise<string> {
  const check = app.checks.find(({ name }) => name === 'storage');
  await check?.check();
  return 'the media storage can be written';
}

async function examineEncryption(config: Config): Promise<string> {
  const isFile = config.encryptionKey === undefined;
  if (config.encryptionKeyOld !== undefined || oldKeyFromFile(keyFileOf(config)) !== undefined) {
    throw problem(
      'A change of the encryption key is not finished. Run: npm run pintail -- rotate-encryption-key; with keys in the settings, then unset PINTAIL_ENCRYPTION_KEY_OLD.',
    );
  }
  if (isFile && config.databaseUrl) {
    return `the key is in ${keyFileOf(config)}; processes on other machines need the same one (PINTAIL_ENCRYPTION_KEY)`;
  }
  return isFile ? `the key is in ${keyFileOf(config)}: keep a backup of it` : 'the key is in the settings';
}

async function examinePublishing({ database, clock }: Installation): Promise<string> {
  const now = clock.now();
  const { due, dueSince } = await countLanes(database.db, now);
  const undecided = await countUndecided(database.db);
  const waitsMs = dueSince === null ? 0 : now.getTime() - dueSince.getTime();
  if (waitsMs > waitsMsMax) {
    throw problem(
      `${due} accounts have due posts and no worker takes them, for ${Math.round(waitsMs / 60_000)} minutes at most. Start one: npm start, or PINTAIL_ROLE=worker.`,
    );
  }
  if (undecided > 0) {
    throw problem(
      `${undecided} posts wait for a person to say whether their Pin exists: GET …/posts?status=uploading shows them, POST …/posts/{postId}/resolve settles one.`,
    );
  }
  return 'nothing waits for a worker or for a person';
}

async function examinePinterest(config: Config): Promise<string> {
  const url = addressesOf(config)[config.pinterestEnvironment].apiUrl;
  try {
    // Without a token: an answer, even a refusal, shows that the way there is open.
    const { statusCode, body } = await request(`${url}/user_account`, {
      headersTimeout: 10_000,
      bodyTimeout: 10_000,
    });
    await body.dump();
    return `${url} answers (${statusCode} without a token)`;
  } catch {
    const hint =
      config.pinterestEnvironment === 'simulator'
        ? 'The simulator runs only while the server does: npm start.'
        : 'Check the network, DNS and PINTEREST_API_URL.';
    throw problem(`${url} cannot be reached. ${hint}`);
  }
}

/** A finding is a sentence, not a stack. */
function problem(message: string): string {
  return message;
}

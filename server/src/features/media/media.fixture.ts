// The harness of media tests: a database, folders, and a local site that serves the files of a test.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InsertObject } from 'kysely';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { createTestClock } from '../../../test/clock.ts';
import { createTestDatabase } from '../../../test/database.ts';
import { newId } from '../../domain/ids.ts';
import type { Schema } from '../../platform/db/index.ts';
import { Refusal } from '../../platform/errors.ts';
import { createLog } from '../../platform/log.ts';
import { createOutbound } from '../../platform/outbound/index.ts';
import { createFolderStorage, type Storage } from '../../platform/storage/index.ts';
import { createMedia, type FetchFromUrl, type MediaRow } from './index.ts';

/** Reads the metadata and pixels of a picture. Through a file, because decode.ts blocks the other decoders. */
export async function look(bytes: Buffer) {
  const folder = await mkdtemp(join(tmpdir(), 'pintail-look-'));
  try {
    const path = join(folder, 'picture');
    await writeFile(path, bytes);
    const metadata = await sharp(path).metadata();
    const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
    const pixel = (x: number, y: number) => {
      const at = (y * info.width + x) * info.channels;
      return [...data.subarray(at, at + info.channels)] as [number, ...number[]];
    };
    return { metadata, pixel };
  } finally {
    await rm(folder, { recursive: true });
  }
}

type Change = Partial<InsertObject<Schema, 'posts'>>;

export type MediaHarness = Awaited<ReturnType<typeof createMediaHarness>>;

// Set by the hooks below. Each test file has its own instance of this module.
export let harness: MediaHarness;
export let organizationId: string;

/** Starts one harness for the test file, with a separate organization for each test. Call it once, at the top. */
export function useMedia(): void {
  beforeAll(async () => {
    harness = await createMediaHarness();
  });
  beforeEach(async () => {
    organizationId = await harness.addOrganization();
  });
  afterAll(() => harness.close());
}

/** Fetches the file that the site serves, as a picture unless another type is declared. */
export function fetchMedia(input: Partial<FetchFromUrl> = {}): Promise<MediaRow> {
  return harness.media.fetchFromUrl({ organizationId, url: harness.url, declaredType: 'image', ...input });
}

/** Returns the single detail of the refusal with which `work` must fail. */
export async function reasonOf(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Refusal)) throw new Error(`Not refused: ${error}`, { cause: error });
  expect(error.declaration).toEqual({
    code: 'UNPROCESSABLE_ENTITY',
    reason: 'media_processing_failed',
    message:
      'Failed to process media URL. Ensure the URL is publicly accessible and points to a valid media file.',
  });
  expect(error.details).toHaveLength(1);
  return error.details[0];
}

export async function createMediaHarness() {
  const { database, drop } = await createTestDatabase();
  const clock = createTestClock();
  const folder = await mkdtemp(join(tmpdir(), 'pintail-media-'));
  const [storageDir, temporaryDir] = [join(folder, 'storage'), join(folder, 'incoming')];

  let answer: RequestListener = (_request, response) => void response.writeHead(404).end();
  const server = createServer((request, response) => answer(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;

  const storage = await createFolderStorage({ folder: storageDir, clock });
  const outbound = createOutbound({ allowedPrivateHosts: [`127.0.0.1:${port}`], clock });
  const log = createLog({ level: 'silent', format: 'json' });
  const openMedia = (over: { storage?: Storage; organizationBytesMax?: number } = {}) =>
    createMedia({ database, clock, storage, outbound, log, temporaryDir, graceMs: 24 * 3_600_000, ...over });

  return {
    database,
    clock,
    storage,
    storageDir,
    outbound,
    temporaryDir,
    openMedia,
    media: await openMedia(),
    url: `http://127.0.0.1:${port}/picture`,
    /** Sets the answer of the site. */
    serve(next: Buffer | RequestListener, headers: Record<string, string> = {}) {
      answer =
        typeof next === 'function'
          ? next
          : (_request, response) => void response.writeHead(200, headers).end(next);
    },
    async addOrganization(): Promise<string> {
      const id = newId('org');
      await database.db
        .insertInto('organizations')
        .values({ id, name: id, created_at: clock.now() })
        .execute();
      return id;
    },
    async addAccount(organizationId: string): Promise<string> {
      const id = newId('acc');
      const now = clock.now();
      await database.db
        .insertInto('accounts')
        .values({
          ...{ id, organization_id: organizationId, environment: 'simulator', pinterest_user_id: id },
          ...{ username: 'user', display_name: 'User', created_at: now, updated_at: now },
        })
        .execute();
      await database.db.insertInto('lanes').values({ account_id: id }).execute();
      return id;
    },
    /** Creates a draft that uses the media; `change` replaces columns. */
    async addPost(
      account: { organizationId: string; accountId: string },
      mediaId: string,
      change: Change = {},
    ) {
      const id = newId('post');
      const now = clock.now();
      await database.db
        .insertInto('posts')
        .values({
          ...{ id, organization_id: account.organizationId, account_id: account.accountId, state: 'draft' },
          ...{ title: 'T', description: 'D', url: 'https://a.example/', board_id: '1', match_key: id },
          ...{ is_simplified_pin: true, media_type: 'image', media_id: mediaId },
          ...{ created_at: now, updated_at: now, ...change },
        })
        .execute();
      return id;
    },
    rows: () => database.db.selectFrom('media').selectAll().orderBy('id').execute(),
    /** Lists all files, stored and temporary. */
    async files(): Promise<string[]> {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await drop();
      await rm(folder, { recursive: true });
    },
  };
}

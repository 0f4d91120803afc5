// Media and files that the sweep removes, and those that it keeps.
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { addMs } from '../../../platform/clock.ts';
import { json } from '../../../platform/db/index.ts';
import { Outage } from '../../../platform/errors.ts';
import { createLog } from '../../../platform/log.ts';
import { type MediaRow, startMediaSweeper } from '../index.ts';
import { createMediaHarness, type MediaHarness } from '../media.fixture.ts';
import { picture } from '../pictures/sample-pictures.fixture.ts';
import { lockMedia, markDeleted } from './sweep.queries.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

let harness: MediaHarness;
let account: { organizationId: string; accountId: string };
let seed = 5000;

beforeAll(async () => {
  harness = await createMediaHarness();
});
afterAll(() => harness.close());
beforeEach(async () => {
  const { db } = harness.database;
  await db.deleteFrom('posts').execute();
  await db.deleteFrom('media').execute();
  for (const { key } of await harness.storage.list({ limit: 1000 })) await harness.storage.remove(key);
  const organizationId = await harness.addOrganization();
  account = { organizationId, accountId: await harness.addAccount(organizationId) };
});

async function add(bytes?: Buffer): Promise<MediaRow> {
  seed += 1;
  harness.serve(bytes ?? (await picture(seed).png().toBuffer()));
  const { organizationId } = account;
  return harness.media.fetchFromUrl({ organizationId, url: harness.url, declaredType: 'image' });
}

const ids = async () => (await harness.rows()).map(({ id }) => id);
const keys = async () => (await harness.storage.list({ limit: 1000 })).map(({ key }) => key);

/** Runs a round `afterMs` from now. */
function sweep(afterMs = 0) {
  return harness.media.sweep({ now: addMs(harness.clock.now(), afterMs) });
}

/** The files were put there by the machine's clock; here it is the test's that says how old they are. */
async function touchFiles(ageMs: number): Promise<void> {
  const at = addMs(harness.clock.now(), -ageMs);
  for (const key of await keys()) await utimes(join(harness.storageDir, key), at, at);
}

describe('a row that no post refers to', () => {
  it('an unused row is removed with its files after the grace period, not before', async () => {
    const row = await add();
    await touchFiles(0);
    expect(await sweep(dayMs - 1)).toEqual({ rows: 0, files: 0 });
    expect(await ids()).toEqual([row.id]);
    expect(await sweep(dayMs)).toEqual({ rows: 1, files: 0 });
    expect(await ids()).toEqual([]);
    expect(await keys()).toEqual([]);
  });

  it('an unused row remains for another grace period when the same bytes are added again', async () => {
    const bytes = await picture(1).png().toBuffer();
    const row = await add(bytes);
    await touchFiles(0);
    harness.clock.advance(dayMs - 1000);
    expect((await add(bytes)).id).toBe(row.id);
    expect(await sweep(dayMs - 1)).toEqual({ rows: 0, files: 0 });
    expect((await sweep(dayMs)).rows).toBe(1);
  });

  it('an unused row is removed once by concurrent sweeps', async () => {
    for (let count = 0; count < 5; count += 1) await add();
    const rounds = await Promise.all([sweep(dayMs), sweep(dayMs), sweep(dayMs)]);
    expect(rounds.reduce((sum, { rows }) => sum + rows, 0)).toBe(5);
    expect(await keys()).toEqual([]);
  });

  it('removing a row leaves the files of another organization with the same bytes', async () => {
    const bytes = await picture(2).png().toBuffer();
    await add(bytes);
    const organizationId = await harness.addOrganization();
    const other = { organizationId, accountId: await harness.addAccount(organizationId) };
    account = other;
    const theirs = await add(bytes);
    await harness.addPost(other, theirs.id);
    await touchFiles(0);
    expect(await sweep(dayMs)).toEqual({ rows: 1, files: 0 });
    expect(await keys()).toEqual([theirs.storage_key, theirs.thumbnail_key].sort());
  });
});

describe('a row that a post refers to', () => {
  it.each<[string, (row: MediaRow, other: MediaRow) => Promise<string>]>([
    ['as its media', (row) => harness.addPost(account, row.id)],
    ['as its cover', (row, other) => harness.addPost(account, other.id, { cover_media_id: row.id })],
    [
      'as a slide',
      (row, other) =>
        harness.addPost(account, other.id, {
          carousel: json([
            { mediaId: other.id, title: null },
            { mediaId: row.id, title: 'x', url: null },
          ]),
        }),
    ],
  ])('stays for years, and goes within a week after the post has gone: %s', async (_how, use) => {
    const [row, other] = [await add(), await add()];
    const postId = await use(row, other);
    await touchFiles(0);
    for (const days of [1, 9, 20, 1000]) {
      await sweep(days * dayMs);
      expect(await ids()).toContain(row.id);
      expect(await keys()).toContain(row.storage_key);
    }
    await harness.database.db.deleteFrom('posts').where('id', '=', postId).execute();
    await sweep(1007 * dayMs);
    expect(await ids()).toEqual([]);
    expect(await keys()).toEqual([]);
  });

  it('a row that a post begins to use during a sweep remains', async () => {
    const row = await add();
    const swept = await harness.database.transaction(async (tx) => {
      await harness.media.hold(tx, account.organizationId, [row.id]);
      // Passes by what is held.
      const rows = await sweep(dayMs);
      await tx
        .insertInto('posts')
        .values({
          ...{ id: 'post_x', organization_id: account.organizationId, account_id: account.accountId },
          ...{ state: 'draft', match_key: 'x', is_simplified_pin: true, media_type: 'image' },
          ...{ media_id: row.id, created_at: harness.clock.now(), updated_at: harness.clock.now() },
        })
        .execute();
      return rows;
    });
    expect(swept.rows).toBe(0);
    expect((await sweep(dayMs)).rows).toBe(0);
    expect(await ids()).toEqual([row.id]);
  });
});

describe('a row that was deleted', () => {
  it('a deleted row remains while a sent post uses it, and a new row with the same bytes keeps its files', async () => {
    const bytes = await picture(3).png().toBuffer();
    const row = await add(bytes);
    const now = harness.clock.now();
    await harness.addPost(account, row.id, { state: 'sent', send_at: now, sent_at: now, pin_id: '1' });
    await harness.database.transaction(async (tx) => {
      await lockMedia(tx, account.organizationId, row.id);
      await markDeleted(tx, row.id, now);
    });
    await harness.media.removeFiles(row);
    expect(await keys()).toEqual([]);
    const again = await add(bytes);
    expect(again.id).not.toBe(row.id);
    await harness.addPost(account, again.id);
    await touchFiles(0);
    await harness.media.removeFiles(row);
    await sweep(30 * dayMs);
    expect((await ids()).sort()).toEqual([row.id, again.id].sort());
    expect(await keys()).toHaveLength(2);
  });
});

describe('a file without a row', () => {
  it('a file without a row is removed after the grace period, and files of others remain', async () => {
    const row = await add();
    await harness.addPost(account, row.id);
    const orphan = `${account.organizationId}/ab/${'ab'.repeat(32)}`;
    for (const key of [`${orphan}.jpg`, `${orphan}.thumbnail.webp`, 'notes.txt', 'org_1/ab/readme.md']) {
      await harness.storage.put(key, Readable.from([Buffer.from('x')]));
    }
    await touchFiles(0);
    expect(await sweep(dayMs)).toEqual({ rows: 0, files: 0 });
    expect(await sweep(dayMs + 1)).toEqual({ rows: 0, files: 2 });
    expect(await keys()).toEqual(
      ['notes.txt', 'org_1/ab/readme.md', row.storage_key, row.thumbnail_key].sort(),
    );
  });

  it('a file without a row is found among many others, one page per round', async () => {
    const row = await add();
    await harness.addPost(account, row.id);
    const put = (number: number) => {
      const sha256 = number.toString(16).padStart(64, '0');
      const key = `${account.organizationId}/00/${sha256}.jpg`;
      return harness.storage.put(key, Readable.from([Buffer.from('x')]));
    };
    for (let number = 0; number < 1500; number += 1) await put(number);
    const list = vi.spyOn(harness.storage, 'list');
    await touchFiles(2 * dayMs);
    list.mockClear();
    const rounds = [await sweep(), await sweep(), await sweep()];
    expect(rounds.map(({ files }) => files).reduce((sum, files) => sum + files)).toBe(1500);
    for (const [options] of list.mock.calls) expect(options.limit).toBeLessThanOrEqual(1000);
    list.mockRestore();
    expect(await keys()).toHaveLength(2);
  });

  it('a file whose row is about to be written is not removed', async () => {
    const bytes = await picture(4).png().toBuffer();
    const row = await add(bytes);
    await harness.database.db.deleteFrom('media').execute();
    await touchFiles(2 * dayMs);
    // The fetch has put its files; then the sweep takes them; then the row is written.
    const put = harness.storage.put;
    let count = 0;
    harness.storage.put = async (...given) => {
      await put(...given);
      count += 1;
      if (count !== 2) return;
      await touchFiles(0);
      // Late enough for the sweep of files, while what is being fetched has been written just now.
      await sweep(2 * dayMs);
      expect(await keys()).toEqual([]);
    };
    const again = await add(bytes);
    harness.storage.put = put;
    expect(count).toBe(4);
    expect(again.storage_key).toBe(row.storage_key);
    expect(await keys()).toHaveLength(2);
  });
});

describe('a round', () => {
  it('a round removes the temporary files of a crash', async () => {
    const left = join(harness.temporaryDir, 'left');
    await writeFile(left, 'x');
    const longAgo = addMs(harness.clock.now(), -hourMs - 1000);
    await utimes(left, longAgo, longAgo);
    await sweep();
    expect(await harness.files()).toEqual([]);
  });

  it('rounds run every ten minutes, one at a time, also after a failed one', async () => {
    const log = createLog({ level: 'silent', format: 'json' });
    const ends: PromiseWithResolvers<void>[] = [];
    const sweepOnce = vi.fn(async () => {
      const end = Promise.withResolvers<void>();
      ends.push(end);
      await end.promise;
      return { rows: 0, files: 0 };
    });
    const cancel = startMediaSweeper({ media: { sweep: sweepOnce }, clock: harness.clock, log });
    harness.clock.advance(600_000);
    harness.clock.advance(600_000);
    expect(sweepOnce).toHaveBeenCalledTimes(1);
    ends[0]?.reject(new Outage('The media storage'));
    await vi.waitFor(() => {
      harness.clock.advance(600_000);
      expect(sweepOnce).toHaveBeenCalledTimes(2);
    });
    ends[1]?.resolve();
    cancel();
    harness.clock.advance(6_000_000);
    expect(sweepOnce).toHaveBeenCalledTimes(2);
  });
});

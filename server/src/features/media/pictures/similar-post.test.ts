// The warning about the same picture to the same page: what counts as the same, and when.
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addMs } from '../../../platform/clock.ts';
import { json } from '../../../platform/db/index.ts';
import type { FindSimilarPost, MediaRow } from '../index.ts';
import { createMediaHarness, type MediaHarness } from '../media.fixture.ts';

const dayMs = 24 * 3600 * 1000;
const destinationKey = 'a.example/page';

let harness: MediaHarness;
let account: { organizationId: string; accountId: string };
let photo: MediaRow;
let samePhotoSmaller: MediaRow;
let otherPhoto: MediaRow;

beforeAll(async () => {
  harness = await createMediaHarness();
  const organizationId = await harness.addOrganization();
  account = { organizationId, accountId: await harness.addAccount(organizationId) };
  photo = await add(await scene(1, 400, 600));
  samePhotoSmaller = await add(await scene(1, 300, 450));
  otherPhoto = await add(await scene(2, 400, 600));
});
afterAll(() => harness.close());
beforeEach(() => harness.database.db.deleteFrom('posts').execute());

/** Blobs of light and shade, others for each number. */
async function scene(seed: number, width: number, height: number): Promise<Buffer> {
  const pixels = Buffer.from(Array.from({ length: 8 * 12 }, (_, at) => (at * 37 + 11) ** (seed + 1) % 251));
  return sharp(pixels, { raw: { width: 8, height: 12, channels: 1 } })
    .resize(width, height, { kernel: 'cubic' })
    .jpeg()
    .toBuffer();
}

async function add(bytes: Buffer): Promise<MediaRow> {
  harness.serve(bytes);
  const { organizationId } = account;
  return harness.media.fetchFromUrl({ organizationId, url: harness.url, declaredType: 'image' });
}

function find(change: Partial<FindSimilarPost> = {}) {
  return harness.media.findSimilarPost(harness.database.db, {
    ...{ ...account, media: photo, destinationKey, around: harness.clock.now(), withinDays: 7 },
    ...change,
  });
}

function post(media: MediaRow, change: Parameters<MediaHarness['addPost']>[2] = {}) {
  return harness.addPost(account, media.id, { destination_key: destinationKey, ...change });
}

function queuedAt(at: Date) {
  return { state: 'queued', send_at: at, run_at: at } as const;
}

describe('a post with the same picture and destination', () => {
  it('a post with the same picture is found', async () => {
    const postId = await post(photo);
    expect(await find()).toEqual({ postId, at: harness.clock.now(), isSame: true });
  });

  it('a post with the picture in another size is found as one that looks like it', async () => {
    const postId = await post(photo);
    expect(await find({ media: samePhotoSmaller })).toMatchObject({ postId, isSame: false });
  });

  it('a post with another picture is not found', async () => {
    await post(photo);
    expect(await find({ media: otherPhoto })).toBeNull();
  });

  it('a post with the same picture is found without perceptual hashes', async () => {
    const postId = await post(photo);
    const media = { ...photo, perceptual_hash: null };
    expect(await find({ media })).toMatchObject({ postId, isSame: true });
    expect(await find({ media: { ...media, sha256: 'x', source_sha256: 'y' } })).toBeNull();
  });

  it('posts are found up to the given distance in time, in both directions', async () => {
    const { clock } = harness;
    const postId = await post(photo, queuedAt(addMs(clock.now(), 3 * dayMs)));
    expect(await find({ withinDays: 3 })).toMatchObject({ postId });
    expect(await find({ withinDays: 2 })).toBeNull();
    const later = addMs(clock.now(), 6 * dayMs);
    expect(await find({ around: later, withinDays: 3 })).toMatchObject({ postId });
    expect(await find({ around: later, withinDays: 2 })).toBeNull();
  });

  it('the same picture is preferred to a similar one, and the nearer post to the farther one', async () => {
    const now = harness.clock.now();
    await post(samePhotoSmaller, queuedAt(addMs(now, 1000)));
    const near = await post(photo, queuedAt(addMs(now, dayMs)));
    await post(photo, queuedAt(addMs(now, 2 * dayMs)));
    expect(await find()).toMatchObject({ postId: near, isSame: true });
  });

  it('scheduled and sent posts are found, failed and deleted ones are not', async () => {
    const now = harness.clock.now();
    const scheduled = { send_at: now };
    await post(photo, {
      ...scheduled,
      state: 'failed',
      failure: json({ code: 'x', message: 'x', remediation: 'x', retryable: false }),
    });
    await post(photo, { deleted_at: now });
    expect(await find()).toBeNull();
    for (const change of [
      { ...scheduled, state: 'held', held_for: 'missed' },
      { ...scheduled, state: 'held', held_for: 'lost_answer', attempt_started_at: now },
      { ...scheduled, state: 'publishing', attempt_started_at: now },
      { ...scheduled, state: 'sent', sent_at: now, pin_id: '1' },
    ] as const) {
      const postId = await post(photo, change);
      expect(await find()).toMatchObject({ postId });
      await harness.database.db.deleteFrom('posts').where('id', '=', postId).execute();
    }
  });

  it('a post does not find itself, or posts of other accounts, organizations and destinations', async () => {
    const postId = await post(photo);
    expect(await find({ exceptPostId: postId })).toBeNull();
    expect(await find({ accountId: await harness.addAccount(account.organizationId) })).toBeNull();
    expect(await find({ organizationId: 'org_x' })).toBeNull();
    expect(await find({ destinationKey: 'a.example/other' })).toBeNull();
    expect(await find({ destinationKey: null })).toBeNull();
  });
});

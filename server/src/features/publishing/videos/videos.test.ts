// Videos are uploaded to Pinterest before their posts are due, independently of lanes.
import { beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../../test/eventually.ts';
import { errorLevel } from '../../../../test/log.ts';
import {
  account,
  app,
  minute,
  pinsHere,
  runAfter,
  usePublishing,
  worker,
} from '../../../../test/publishing.ts';
import { addMs } from '../../../platform/clock.ts';
import { emptyLanes, sweepNow } from '../lane/lanes.fixture.ts';
import { changePost, createVideoPost, storePictures, storeVideo } from '../posts.fixture.ts';

usePublishing();
const usual = { registeredSeconds: 1, processingSeconds: 2, outcome: 'succeeded', expirySeconds: 604_800 };
beforeEach(() => app.control('POST', '/settings', { media: usual }));

const media = (change: object) => app.control('POST', '/settings', { media: { ...usual, ...change } });
const post = (id: string) => app.getPost(account, id);
const pathOf = (id: string) => `/v1/accounts/${account.accountId}/posts/${id}`;
const uploads = () =>
  app.database.db
    .selectFrom('video_uploads')
    .selectAll()
    .where('account_id', '=', account.accountId)
    .execute();

async function requests(operation: string): Promise<{ at: string }[]> {
  return (await app.control('GET', `/requests?operation=${operation}`)).requests as { at: string }[];
}

async function timeline(id: string): Promise<{ type: string; message?: string; outcome?: string }[]> {
  return (await app.call('GET', `${pathOf(id)}/timeline`)).body.data.events;
}

/** Advances second by second, like a worker that polls. */
async function runFor(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) await runAfter(1_000);
}

describe('on time', () => {
  test('a video is uploaded before its time; at its time only the Pin is created', async () => {
    const id = await createVideoPost(60 * minute);
    await runAfter(50 * minute - 1);
    expect(await uploads()).toEqual([]);
    await runAfter(1);
    expect(await post(id)).toMatchObject({ status: 'queued', publication: 'uploading_media' });
    await runFor(6);
    expect(await post(id)).toMatchObject({ status: 'queued', publication: 'waiting', attempts: 0 });
    const requestsBefore = await requests('media/create');
    const looks = await requests('media/get');
    await runAfter(10 * minute - 6_000 - 1);
    expect(await pinsHere()).toEqual([]);
    await runAfter(1);
    const [pin] = await pinsHere();
    expect(pin).toMatchObject({ sourceType: 'video_id', title: 'A video' });
    expect(await post(id)).toMatchObject({ status: 'sent', publication: 'done', attempts: 1 });
    expect(await requests('media/create')).toHaveLength(requestsBefore.length);
    expect(await requests('media/get')).toHaveLength(looks.length);
    const figures = await (await fetch(`${app.url}/metrics`)).text();
    expect(figures).toMatch(/^pintail_video_uploads_total\{outcome="sent",code=""\} 1$/m);
    expect(figures).toMatch(/^pintail_video_uploads_total\{outcome="ready",code=""\} 1$/m);
    expect((await timeline(id)).map((event) => event.type)).toEqual([
      'post.created',
      'post.video_uploading',
      'post.video_ready',
      'post.publishing',
      'post.sent',
    ]);
  });

  test('Pinterest receives exactly the stored bytes of a video', async () => {
    const video = await storeVideo(3_000_000);
    await createVideoPost(minute, { mediaId: video.id });
    await runFor(1);
    const { media: there } = (await app.control('GET', '/state')) as { media: { sha256: string }[] };
    expect(there.at(-1)?.sha256).toBe(video.sha256);
  });

  test('a video that is due immediately is uploaded immediately, and published without a failed attempt', async () => {
    const id = await createVideoPost(1_000);
    await runFor(8);
    expect(await post(id)).toMatchObject({ status: 'sent', attempts: 1, failure: null });
  });

  test("while a video is not ready, the account's other posts are published at their times", async () => {
    await media({ outcome: 'stuck' });
    const video = await createVideoPost(minute);
    const picture = await app.createPost(account, { title: 'A picture' });
    await runAfter(minute);
    await runFor(5);
    expect(await post(picture.id)).toMatchObject({ status: 'sent' });
    expect(await post(video)).toMatchObject({
      status: 'queued',
      missed: false,
      publication: 'uploading_media',
      attempts: 0,
    });
  });

  test('uploads that hang delay neither posts of the account nor videos of others', async () => {
    const otherAccount = await app.connectAccount();
    await app.faults([{ operation: 's3/upload', when: 'before', kind: 'delay', delayMs: 3_000, times: 3 }]);
    const hanging = [];
    for (let index = 0; index < 4; index += 1)
      hanging.push(await createVideoPost(minute, { title: `hangs ${index}` }));
    const picture = await app.createPost(account, {
      title: 'A picture',
      sendAt: new Date(app.clock.now().getTime() + 10_000).toISOString(),
    });
    const requestsBefore = (await requests('s3/upload')).length;
    const slow = worker.runDue();
    await eventually('three hang', async () => (await requests('s3/upload')).length >= requestsBefore + 3);
    const theirs = await createVideoPost(10_000, { of: otherAccount, title: 'theirs' });
    const quick = app.app.createWorker({ owner: 'quick' });
    // In steps shorter than a lease: the hanging worker renews its own.
    for (let second = 0; second < 12; second += 1) {
      app.clock.advance(1_000);
      await quick.runDue();
    }
    expect(await app.getPost(otherAccount, theirs)).toMatchObject({ status: 'sent' });
    expect(await post(picture.id)).toMatchObject({ status: 'sent' });
    // The account's share of uploads is used up, also for other processes.
    expect((await uploads()).filter((upload) => upload.status === 'uploading')).toHaveLength(4);
    await slow;
    await runFor(10);
    await runAfter(minute);
    for (const id of hanging) expect(await post(id)).toMatchObject({ status: 'sent' });
  });
});

describe('covers', () => {
  test('a video with a picture as its cover is published with that picture', async () => {
    const [cover] = await storePictures(['garden.jpg']);
    const id = await createVideoPost(minute);
    await changePost(id, { cover_media_id: cover?.id ?? '' });
    await runAfter(0);
    await runFor(6);
    await runAfter(minute);
    expect((await pinsHere())[0]).toMatchObject({ pictures: [{ sha256: cover?.sha256 }] });
  });

  test.each([
    { seconds: undefined, sent: 0 },
    { seconds: 3, sent: 3 },
  ])('the frame at $seconds s', async ({ seconds, sent }) => {
    const id = await createVideoPost(minute);
    if (seconds !== undefined) await changePost(id, { cover_seconds: seconds });
    await runAfter(0);
    await runFor(6);
    await runAfter(minute);
    const { requests: asked } = (await app.control('GET', '/requests?operation=pins/create')) as {
      requests: { body: { media_source: object } }[];
    };
    expect(asked.at(-1)?.body.media_source).toMatchObject({ cover_image_key_frame_time: sent });
    expect(await post(id)).toMatchObject({ status: 'sent' });
  });
});

describe('failures on the way', () => {
  test('a lost answer to the Pin of a video is resolved by searching', async () => {
    const id = await createVideoPost(minute);
    await runFor(6);
    await app.faults([{ operation: 'pins/create', when: 'after', kind: 'reset', times: 1 }]);
    await runAfter(minute);
    expect(await post(id)).toMatchObject({ publication: 'confirming' });
    await runAfter(10_000);
    expect(await pinsHere()).toHaveLength(1);
    expect(await post(id)).toMatchObject({ status: 'sent', attempts: 1 });
  });

  test('a video is sent again after a refusing store and after a broken connection, and is published', async () => {
    await app.faults([
      { operation: 's3/upload', when: 'before', kind: 'status', status: 503, times: 1 },
      { operation: 's3/upload', when: 'after', kind: 'reset', nth: 2, times: 1 },
    ]);
    const id = await createVideoPost(5 * minute);
    for (let round = 0; round < 12; round += 1) await runAfter(20_000);
    await runAfter(minute);
    expect(await post(id)).toMatchObject({ status: 'sent', attempts: 1, failure: null });
    expect((await timeline(id)).map((event) => event.type)).toEqual(
      expect.arrayContaining(['post.video_delayed', 'post.video_ready', 'post.sent']),
    );
  });

  test('a video that Pinterest cannot process is sent three times, then the post fails with the reason', async () => {
    await media({ outcome: 'failed' });
    const id = await createVideoPost(10 * minute);
    const requestsBefore = (await requests('s3/upload')).length;
    await runFor(20);
    expect((await requests('s3/upload')).length - requestsBefore).toBe(3);
    expect(await post(id)).toMatchObject({
      status: 'failed',
      attempts: 0,
      failure: { code: 'video_not_processed', remediation: expect.stringContaining('MP4') },
    });
    expect(await uploads()).not.toContainEqual(expect.objectContaining({ post_id: id }));
    await media({});
    const sendAt = new Date(app.clock.now().getTime() + minute).toISOString();
    await app.call('POST', `${pathOf(id)}/schedule`, { sendAt });
    await runFor(6);
    await runAfter(minute);
    expect(await post(id)).toMatchObject({ status: 'sent' });
  });

  test('a video that Pinterest never finishes processing is sent again, and finally the post fails', async () => {
    await media({ outcome: 'stuck' });
    const id = await createVideoPost(minute);
    await runAfter(0);
    for (let round = 0; round < 55; round += 1) await runAfter(minute);
    expect(await post(id)).toMatchObject({ status: 'failed', failure: { code: 'video_not_finished' } });
    expect(await pinsHere()).toEqual([]);
  });

  test('an upload that Pinterest has removed by the time of the post is sent again', async () => {
    await media({ expirySeconds: 120 });
    const id = await createVideoPost(9 * minute);
    await runAfter(0);
    await runFor(6);
    await media({});
    await runAfter(9 * minute);
    expect(await post(id)).toMatchObject({ status: 'queued', publication: 'uploading_media' });
    await runFor(6);
    expect(await post(id)).toMatchObject({ status: 'sent', attempts: 2 });
    expect(await pinsHere()).toHaveLength(1);
  });

  test('a refusal that has nothing to do with the video fails the post, without another upload', async () => {
    const id = await createVideoPost(minute);
    await runFor(6);
    await app.faults([
      {
        operation: 'pins/create',
        when: 'before',
        kind: 'status',
        status: 400,
        code: 1,
        message: 'Nope.',
        times: 1,
      },
    ]);
    const requestsBefore = (await requests('s3/upload')).length;
    await runAfter(minute);
    expect(await post(id)).toMatchObject({ status: 'failed', failure: { code: 'invalid_request' } });
    expect((await requests('s3/upload')).length).toBe(requestsBefore);
  });

  test('a missing file delays its own post only, and is uploaded when it exists again', async () => {
    const id = await createVideoPost(minute);
    await app.withoutMedia(() => runAfter(0));
    expect(await post(id)).toMatchObject({ status: 'queued', attempts: 0 });
    expect((await timeline(id)).at(-1)).toMatchObject({
      type: 'post.video_delayed',
      message: expect.stringContaining('cannot be read'),
    });
    for (let round = 0; round < 10; round += 1) await runAfter(20_000);
    expect(await post(id)).toMatchObject({ status: 'sent' });
  });

  test('when a worker dies during an upload, another continues after the lease has expired', async () => {
    const id = await createVideoPost(minute);
    let hangs = () => {};
    const hung = new Promise<void>((resolve) => {
      hangs = resolve;
    });
    const dying = app.app.createWorker({
      owner: 'dying',
      clock: { ...app.clock, every: () => () => {} },
      media: {
        ...app.app.media,
        openVideo() {
          hangs();
          return new Promise(() => {});
        },
      },
    });
    void dying.runDue();
    await hung;
    await runAfter(11_000);
    expect(await post(id)).toMatchObject({ publication: 'uploading_media' });
    expect((await uploads()).find((upload) => upload.post_id === id)).toMatchObject({ owner: 'dying' });
    await runAfter(1_000);
    await runFor(5);
    await runAfter(minute);
    expect(await post(id)).toMatchObject({ status: 'sent', attempts: 1 });
  });

  test('a worker whose lease has expired changes nothing with its upload', async () => {
    const id = await createVideoPost(minute);
    const mayGoOn = Promise.withResolvers<void>();
    const isSlow = Promise.withResolvers<void>();
    const slow = app.app.createWorker({
      owner: 'slow',
      clock: { ...app.clock, every: () => () => {} },
      media: {
        ...app.app.media,
        async openVideo(video) {
          isSlow.resolve();
          await mayGoOn.promise;
          return app.app.media.openVideo(video);
        },
      },
    });
    const run = slow.runDue();
    await isSlow.promise;
    await runAfter(12_000);
    await runFor(5);
    const taken = (await uploads()).find((upload) => upload.post_id === id);
    expect(taken).toMatchObject({ status: 'ready' });
    mayGoOn.resolve();
    await run;
    expect((await uploads()).find((upload) => upload.post_id === id)).toEqual(taken);
  });
});

describe('the lease of an upload', () => {
  beforeEach(emptyLanes);

  const claim = async () => {
    const now = app.clock.now();
    const [upload] = await app.app.videos.claim({
      ...{ owner: 'first', now, leaseUntil: addMs(now, 12_000), uploads: 1, checks: 0, perAccount: 1 },
      ...{ startBefore: addMs(now, minute), freshAfter: addMs(now, -minute) },
    });
    if (!upload) throw new Error('no upload was due');
    return upload;
  };
  const leaseUntil = async (id: string) =>
    (await uploads()).find((upload) => upload.post_id === id)?.lease_until;

  test('is extended by a renewal, and never shortened', async () => {
    const id = await createVideoPost(minute);
    const upload = await claim();
    const until = addMs(app.clock.now(), 13_000);
    const renew = (to: Date) => app.app.videos.renew({ uploads: [upload], leaseUntil: to });
    expect(await renew(until)).toEqual(new Set([id]));
    expect(await renew(app.clock.now())).toEqual(new Set([id]));
    expect(await leaseUntil(id)).toEqual(until);
  });

  test('cannot be renewed when another lease has followed, or when it was released', async () => {
    const id = await createVideoPost(minute);
    const earlier = await claim();
    app.clock.advance(12_000);
    const later = await claim();
    const until = await leaseUntil(id);
    const renew = (upload: typeof later) =>
      app.app.videos.renew({ uploads: [upload], leaseUntil: addMs(app.clock.now(), minute) });
    expect(await renew(earlier)).toEqual(new Set());
    expect(await leaseUntil(id)).toEqual(until);
    await app.app.videos.releaseAll('first');
    expect(await renew(later)).toEqual(new Set());
    expect(await leaseUntil(id)).toBeNull();
  });
});

describe('changes by users', () => {
  test('a post with another video is published with that one, and no Pin is created of the first', async () => {
    const id = await createVideoPost(10 * minute);
    await runFor(6);
    const second = await storeVideo();
    await app.database.db
      .updateTable('posts')
      .set((eb) => ({ media_id: second.id, version: eb('version', '+', 1) }))
      .where('id', '=', id)
      .execute();
    await runAfter(10 * minute);
    await runFor(6);
    expect(await post(id)).toMatchObject({ status: 'sent' });
    const { media: there } = (await app.control('GET', '/state')) as {
      media: { id: string; sha256: string }[];
    };
    const [pin] = await pinsHere();
    expect(there.find((entry) => entry.id === pin?.mediaId)?.sha256).toBe(second.sha256);
  });

  test('a post rescheduled to a later hour keeps its upload; one rescheduled to a later day is uploaded again', async () => {
    const id = await createVideoPost(5 * minute);
    await runFor(6);
    const later = async (ms: number) =>
      app.call('POST', `${pathOf(id)}/schedule`, {
        sendAt: new Date(app.clock.now().getTime() + ms).toISOString(),
      });
    const [first] = await uploads();
    await later(120 * minute);
    await runAfter(115 * minute);
    expect(await uploads()).toEqual([first]);
    await later(30 * 60 * minute);
    await runAfter(29 * 60 * minute);
    await runAfter(55 * minute);
    await runFor(6);
    const [fresh] = await uploads();
    expect(fresh).toMatchObject({ status: 'ready', post_id: id });
    expect(fresh?.pinterest_media_id).not.toBe(first?.pinterest_media_id);
    await runAfter(5 * minute);
    expect(await post(id)).toMatchObject({ status: 'sent' });
  });

  test('a post deleted during its upload is not published, and the upload is removed', async () => {
    const id = await createVideoPost(5 * minute);
    await runAfter(0);
    await app.call('DELETE', pathOf(id));
    await runFor(6);
    await runAfter(5 * minute);
    expect(await pinsHere()).toEqual([]);
    await sweepNow();
    expect(await uploads()).toEqual([]);
  });
});

test('none of this was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

// A file as base64 in JSON, and the refusal of a host that turns programs away.
import { expect, test } from 'vitest';
import { app, usePublishing } from '../../../test/publishing.ts';
import { create, newVideo, refusal, send } from '../posts/posts.fixture.ts';
import { picture } from './pictures/sample-pictures.fixture.ts';

usePublishing();

const add = (body: object) => send('POST', '/v1/media', body);
let seed = 910_000;
const jpeg = () => {
  seed += 1;
  return picture(seed).jpeg().toBuffer();
};

test('a picture is added as base64 in every usual form, and a post can use it', async () => {
  const bytes = await jpeg();
  const base64 = bytes.toString('base64');
  const forms = [
    base64,
    base64.replace(/=+$/, ''),
    bytes.toString('base64url'),
    base64.replaceAll(/.{76}/g, '$&\r\n'),
    `data:image/png;base64,${base64}`,
    `data:;base64,${base64}\n`,
  ];
  const answers = await Promise.all(forms.map((data) => add({ data, mediaType: 'image', url: null })));
  expect(answers.map(({ status, body }) => [status, body.error])).toEqual(forms.map(() => [201, undefined]));
  const ids = new Set(answers.map(({ body }) => body.data.media.id));
  expect(ids.size).toBe(1);
  const { media } = answers[0]?.body.data ?? {};
  expect(media).toMatchObject({ mediaType: 'image', contentType: 'image/jpeg', sourceUrl: null });
  expect((await create({ mediaId: media.id })).status).toBe(201);
});

test('the file is examined, whatever the data URL says', async () => {
  const page = Buffer.from('<html><body>Not a picture</body></html>').toString('base64');
  const refused = (code: string) => [422, 'UNPROCESSABLE_ENTITY', { data: code }];
  expect(refusal(await add({ data: `data:image/png;base64,${page}` }))).toEqual(refused('web_page'));
  expect(refusal(await add({ data: '' }))).toEqual(refused('empty_file'));
  const bytes = await jpeg();
  expect(refusal(await add({ data: bytes.toString('base64'), mediaType: 'video' }))).toEqual(
    refused('media_type_mismatch'),
  );
  const cut = bytes.subarray(0, bytes.length / 2).toString('base64');
  expect(refusal(await add({ data: cut }))).toEqual(refused('image_broken'));
});

test.each([
  ['AAAA$AAA', 'U+0024 at character 5'],
  [`${'A'.repeat(200_000)}é`, 'U+00E9 at character 200001'],
  ['AA=A', 'U+003D at character 3'],
  ['AAAAA', 'ends too early'],
  ['data:image/png,AAAA', '";base64"'],
])('text that is not base64 is refused by its place: %.20s', async (data, message) => {
  const { status, body } = await add({ data });
  expect([status, body.error.details]).toEqual([
    400,
    [{ path: 'data', code: 'invalid_base64', message: expect.stringContaining(message) }],
  ]);
});

test('a body names one source', async () => {
  expect(refusal(await add({}))).toEqual([400, 'BAD_REQUEST', { url: 'required' }]);
  expect(refusal(await add({ url: app.picture(), data: 'AAAA' }))).toEqual([
    400,
    'BAD_REQUEST',
    { data: 'not_together' },
  ]);
  expect(refusal(await create({ mediaUrl: 'data:image/png;base64,AAAA' }))[2]).toEqual({
    mediaUrl: 'invalid_url',
  });
});

test('the largest body delays other requests by less than 200 ms', async () => {
  const data = Buffer.alloc(12 * 1024 * 1024 - 1024, 'tail').toString('base64');
  let worst = 0;
  let isDone = false;
  const watch = (async () => {
    while (!isDone) {
      const start = performance.now();
      await new Promise((resolve) => setImmediate(resolve));
      worst = Math.max(worst, performance.now() - start);
    }
  })();
  const body = JSON.stringify({ data });
  worst = 0;
  const answer = await send('POST', '/v1/media', body);
  isDone = true;
  await watch;
  expect(refusal(answer)).toEqual([422, 'UNPROCESSABLE_ENTITY', { data: 'not_a_media_file' }]);
  expect(worst).toBeLessThan(200);
  expect(
    (await send('POST', '/v1/media', JSON.stringify({ data: 'A'.repeat(17 * 1024 * 1024) }))).status,
  ).toBe(413);
});

test('a small video as base64 is added too', async () => {
  const { mediaUrl } = await newVideo();
  const served = await fetch(mediaUrl.replace('http://pintail.test', app.url));
  const data = Buffer.from(await served.arrayBuffer()).toString('base64');
  expect((await add({ data })).body.data?.media.mediaType).toBe('video');
});

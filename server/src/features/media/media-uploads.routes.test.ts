// Media by upload: streamed in, checked, kept or refused, and nothing left of what broke off.
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../../test/eventually.ts';
import { account, app } from '../../../test/use-app.ts';
import {
  add,
  half,
  jpeg,
  noTemporaryFiles,
  type Parts,
  rows,
  temporaryFiles,
  upload,
  useMediaRoutes,
} from './media-routes.fixture.ts';
import { convertible } from './pictures/sample-pictures.fixture.ts';
import { video } from './videos/sample-videos.fixture.ts';

useMediaRoutes();

describe('media by upload', () => {
  test('uploaded pictures and videos are stored and served unchanged', async () => {
    for (const [bytes, type] of [
      [await jpeg(), 'image'],
      [await video(), 'video'],
    ] as const) {
      const media = await add(bytes);
      expect(media).toMatchObject({ mediaType: type, sourceUrl: null, bytes: bytes.length });
      const served = await fetch(media.mediaUrl.replace('http://pintail.test', app.url));
      expect(Buffer.from(await served.arrayBuffer()).equals(bytes)).toBe(true);
    }
    expect(await temporaryFiles()).toEqual([]);
  });

  test('an upload can declare its type before or after the file', async () => {
    const file = await jpeg();
    for (const parts of [
      [
        ['mediaType', 'video'],
        ['file', file],
      ],
      [
        ['file', file],
        ['mediaType', 'video'],
      ],
    ] satisfies Parts[]) {
      const answer = await upload(parts);
      expect([answer.status, answer.body.error.message, answer.body.error.details[0]]).toEqual([
        422,
        'The uploaded file cannot be used as media.',
        { path: 'file', code: 'media_type_mismatch', message: expect.stringContaining('This is a picture') },
      ]);
    }
    expect(
      (
        await upload([
          ['mediaType', 'image'],
          ['file', file],
        ])
      ).status,
    ).toBe(201);
  });

  test('an upload of which only the first frame is stored has a warning', async () => {
    const gif = (await convertible['an animated GIF']?.make()) ?? Buffer.alloc(0);
    const answer = await upload([['file', gif]]);
    expect(answer.body.meta.warnings).toEqual([
      { code: 'first_frame_only', message: expect.stringContaining('has 3 frames') },
    ]);
    expect((await upload([['file', await jpeg()]])).body.meta.warnings).toBeUndefined();
  });

  test('an upload with an Idempotency-Key happens once', async () => {
    const form: Parts = [['file', await jpeg()]];
    const first = await upload(form, app.key, { 'idempotency-key': 'upload-1' });
    expect(first.status).toBe(201);
    await app.call('DELETE', `/v1/media/${first.body.data.media.id}`);
    const second = await upload(form, app.key, { 'idempotency-key': 'upload-1' });
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.body.data.media.id).toBe(first.body.data.media.id);
  });

  test.each<[what: string, parts: () => Promise<Parts>, status: number, path: string, code: string]>([
    ['no file', async () => [['mediaType', 'image']], 400, 'file', 'required'],
    ['a file that is text', async () => [['file', 'words']], 400, 'file', 'required'],
    ['a file by another name', async () => [['picture', await jpeg()]], 400, 'file', 'required'],
    [
      'an unknown field',
      async () => [
        ['file', await jpeg()],
        ['size', '1'],
      ],
      400,
      'size',
      'unknown_field',
    ],
    [
      'a bad field',
      async () => [
        ['file', await jpeg()],
        ['mediaType', 'gif'],
      ],
      400,
      'mediaType',
      'not_allowed',
    ],
    [
      'two files',
      async () => [
        ['file', await jpeg()],
        ['file', await jpeg()],
      ],
      400,
      '',
      'malformed',
    ],
    [
      'too many fields',
      async () => Array.from({ length: 50 }, (_, index) => [`f${index}`, 'x']),
      400,
      '',
      'malformed',
    ],
    ['an empty file', async () => [['file', Buffer.alloc(0)]], 422, 'file', 'empty_file'],
    [
      'a web page',
      async () => [['file', Buffer.from('<!doctype html>'.padEnd(9000))]],
      422,
      'file',
      'web_page',
    ],
    ['half a picture', async () => [['file', half(await jpeg())]], 422, 'file', 'image_broken'],
    [
      'a picture of more than 32 MB',
      async () => [['file', Buffer.concat([await jpeg(), Buffer.alloc(34_000_000)])]],
      422,
      'file',
      'too_large',
    ],
  ])('are refused, and nothing is left: %s', async (_what, parts, status, path, code) => {
    const answer = await upload(await parts());
    expect([answer.status, answer.body.error?.details?.[0]]).toMatchObject([status, { path, code }]);
    expect(await rows()).toEqual([]);
    await noTemporaryFiles();
    // The same connection, or another, goes on.
    await add();
  });

  test('an upload without a key is refused before it is read, as is an upload to another path', async () => {
    expect((await upload([['file', await jpeg()]], null)).status).toBe(401);
    const { key } = await app.makeKey({ scopes: ['posts:read'] });
    expect((await upload([['file', await jpeg()]], key)).status).toBe(403);
    const form = new FormData();
    form.append('file', new Blob(['x']), 'a');
    const headers = { authorization: `Bearer ${app.key}` };
    const url = `${app.url}/v1/accounts/${account.accountId}/posts`;
    expect((await fetch(url, { method: 'POST', headers, body: form })).status).toBe(415);
    const text = await fetch(`${app.url}/v1/media`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'text/plain' },
      body: 'x',
    });
    expect([text.status, JSON.parse(await text.text()).error.details[0].message]).toEqual([
      415,
      'Send the body as application/json or multipart/form-data.',
    ]);
  });

  test.each([
    ['has no boundary', 'multipart/form-data', 'x'],
    [
      'ends before its end',
      'multipart/form-data; boundary=b',
      '--b\r\ncontent-disposition: form-data; name="fi',
    ],
    ['is not a form', 'multipart/form-data; boundary=b', 'hello'],
    ['is empty', 'multipart/form-data; boundary=b', ''],
  ])('are refused when the form %s', async (_what, contentType, body) => {
    const answer = await fetch(`${app.url}/v1/media`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.key}`, 'content-type': contentType },
      body,
    });
    expect(answer.status).toBe(400);
    expect(await rows()).toEqual([]);
  });

  test('an upload whose sender disconnects leaves nothing', async () => {
    const file = await jpeg();
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    await once(socket, 'connect');
    const head = '--b\r\ncontent-disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n';
    socket.write(
      `POST /v1/media HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${app.key}\r\n` +
        `content-type: multipart/form-data; boundary=b\r\ncontent-length: ${file.length + 200}\r\n\r\n${head}`,
    );
    socket.write(half(file));
    await eventually('the file is received', async () => (await temporaryFiles()).length === 1);
    socket.destroy();
    await noTemporaryFiles();
    expect(await rows()).toEqual([]);
  });

  test('an upload that stalls is aborted', async () => {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      `POST /v1/media HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${app.key}\r\n` +
        'content-type: multipart/form-data; boundary=b\r\ncontent-length: 2000\r\n\r\n--b\r\n' +
        'content-disposition: form-data; name="file"; filename="a.jpg"\r\n\r\nabc',
    );
    await eventually('the file is received', async () => (await temporaryFiles()).length === 1);
    const answered = once(socket, 'data');
    app.clock.advance(60_000);
    expect(String((await answered)[0])).toMatch(/^HTTP\/1.1 4/);
    socket.destroy();
    await noTemporaryFiles();
  });
});

// Media of their own, over HTTP: added from a URL or by upload, listed, looked at, deleted.
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/eventually.ts';
import { account, app, useApp } from '../../../test/use-app.ts';
import { json } from '../../platform/db/index.ts';
import { convertible, picture } from './sample-pictures.fixture.ts';
import { video } from './sample-videos.fixture.ts';

useApp({ accountPer: 'file' });

let stranger: string;
let seed = 1000;

beforeAll(async () => {
  stranger = (await app.makeKey({ organization: 'Another' })).key;
});
beforeEach(async () => {
  await app.database.db.deleteFrom('posts').execute();
  await app.database.db.deleteFrom('media').execute();
  for (const key of await keptFiles()) await app.app.storage.remove(key);
});

/** Another picture each time. */
async function jpeg(): Promise<Buffer> {
  seed += 1;
  return picture(seed).jpeg().toBuffer();
}

function half(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.length / 2);
}

type Parts = [name: string, value: string | Buffer, fileName?: string][];

async function upload(parts: Parts, key: string | null = app.key, headers: Record<string, string> = {}) {
  const form = new FormData();
  for (const [name, value, fileName] of parts) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([new Uint8Array(value)]), fileName ?? 'a.bin');
  }
  const answer = await fetch(`${app.url}/v1/media`, {
    method: 'POST',
    headers: { ...headers, ...(key !== null && { authorization: `Bearer ${key}` }) },
    body: form,
  });
  return { status: answer.status, headers: answer.headers, body: JSON.parse(await answer.text()) };
}

async function add(bytes?: Buffer) {
  const answer = await upload([['file', bytes ?? (await jpeg())]]);
  expect([answer.status, answer.body.error]).toEqual([201, undefined]);
  return answer.body.data.media;
}

const rows = () => app.database.db.selectFrom('media').selectAll().execute();

async function temporaryFiles(): Promise<string[]> {
  return readdir(join(app.parts.config.dataDir, 'incoming'));
}

const noTemporaryFiles = () =>
  eventually('nothing is left', async () => (await temporaryFiles()).length === 0);

async function keptFiles(): Promise<string[]> {
  return (await app.app.storage.list({ limit: 1000 })).map(({ key }) => key);
}

describe('media from a URL', () => {
  test('are fetched, kept and described', async () => {
    const answer = await app.call('POST', '/v1/media', { url: app.picture() });
    expect(answer.status).toBe(201);
    const { media } = answer.body.data;
    expect(media).toEqual({
      id: expect.stringMatching(/^med_[0-9a-z]{26}$/),
      mediaType: 'image',
      mediaUrl: `http://pintail.test/media/${media.id}/image.jpg`,
      width: expect.any(Number),
      height: expect.any(Number),
      contentType: 'image/jpeg',
      bytes: expect.any(Number),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      thumbnailUrl: `http://pintail.test/media/${media.id}/thumbnail.webp`,
      placeholder: expect.any(String),
      sourceUrl: app.picture(),
      createdAt: Math.floor(app.clock.now().getTime() / 1000),
    });
    expect((await app.call('GET', `/v1/media/${media.id}`)).body.data).toEqual({ media });
    const again = await app.call('POST', '/v1/media', { url: app.picture(), mediaType: 'image' });
    expect(again.body.data.media.id).toBe(media.id);
  });

  test('are refused with the field and the reason', async () => {
    const wrong = await app.call('POST', '/v1/media', { url: app.picture(), mediaType: 'video' });
    expect([wrong.status, wrong.body.error.details]).toEqual([
      422,
      [
        {
          path: 'url',
          code: 'media_type_mismatch',
          message: expect.stringContaining('This is a picture (image/jpeg). Send "mediaType": "image"'),
        },
      ],
    ]);
    const bad = await app.call('POST', '/v1/media', { uri: app.picture() });
    expect(bad.status).toBe(400);
    expect(bad.body.error.details.map(({ path }: { path: string }) => path).sort()).toEqual(['uri', 'url']);
    expect((await app.call('POST', '/v1/media')).status).toBe(400);
    expect(await rows()).toEqual([]);
  });
});

describe('media by upload', () => {
  test('are kept, pictures and videos, and served bit for bit', async () => {
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

  test('may say what they must be, before the file or behind it', async () => {
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

  test('are told when only the first frame is kept', async () => {
    const gif = (await convertible['an animated GIF']?.make()) ?? Buffer.alloc(0);
    const answer = await upload([['file', gif]]);
    expect(answer.body.meta.warnings).toEqual([
      { code: 'first_frame_only', message: expect.stringContaining('has 3 frames') },
    ]);
    expect((await upload([['file', await jpeg()]])).body.meta.warnings).toBeUndefined();
  });

  test('happen once with an Idempotency-Key', async () => {
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

  test('are refused without a key before anything is read, and elsewhere than here', async () => {
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
    ['is no form', 'multipart/form-data; boundary=b', 'hello'],
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

  test('leave nothing when the sender goes away half-way', async () => {
    const file = await jpeg();
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    await once(socket, 'connect');
    const head = '--b\r\ncontent-disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n';
    socket.write(
      `POST /v1/media HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${app.key}\r\n` +
        `content-type: multipart/form-data; boundary=b\r\ncontent-length: ${file.length + 200}\r\n\r\n${head}`,
    );
    socket.write(half(file));
    await eventually('the file is received', async () => (await temporaryFiles()).length === 1);
    socket.destroy();
    await noTemporaryFiles();
    expect(await rows()).toEqual([]);
  });

  test('are given up when nothing comes any more', async () => {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      `POST /v1/media HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${app.key}\r\n` +
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

describe('a list of media', () => {
  test('is in pages, newest first, stable while others are added', async () => {
    const added: string[] = [];
    for (let count = 0; count < 5; count += 1) added.push((await add()).id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { data } = (await app.call('GET', `/v1/media?limit=2${query}`)).body;
      seen.push(...data.media.map(({ id }: { id: string }) => id));
      ({ cursor } = data);
      await add();
    } while (cursor !== null);
    expect(seen).toEqual(added.toReversed());
  });

  test('is empty for others, and knows its cursors', async () => {
    await add();
    expect((await app.call('GET', '/v1/media', undefined, stranger)).body.data).toEqual({
      media: [],
      cursor: null,
    });
    const bad = await app.call('GET', '/v1/media?cursor=x');
    expect([bad.status, bad.body.error.details[0].code]).toEqual([400, 'invalid_cursor']);
  });
});

describe('a deletion', () => {
  test('takes the row, its files and its addresses', async () => {
    const { id, mediaUrl, thumbnailUrl } = await add();
    expect(await keptFiles()).toHaveLength(2);
    const answer = await app.call('DELETE', `/v1/media/${id}`);
    expect([answer.status, answer.body.data]).toEqual([200, { deleted: true, id }]);
    expect(await keptFiles()).toEqual([]);
    for (const path of [`/v1/media/${id}`, new URL(mediaUrl).pathname, new URL(thumbnailUrl).pathname]) {
      expect((await app.call('GET', path)).status).toBe(404);
    }
    expect((await app.call('DELETE', `/v1/media/${id}`)).status).toBe(404);
    expect((await app.call('GET', '/v1/media')).body.data.media).toEqual([]);
  });

  test('does not reach what is not the caller’s, or is nothing', async () => {
    const { id } = await add();
    for (const [path, key] of [
      [`/v1/media/${id}`, stranger],
      ['/v1/media/med_x', app.key],
      ['/v1/media/%00', app.key],
      [`/v1/media/${account.accountId}`, app.key],
    ] as const) {
      for (const method of ['GET', 'DELETE']) {
        const answer = await app.call(method, path, undefined, key);
        expect([answer.status, answer.body.error.message]).toEqual([404, 'Media not found']);
      }
    }
    expect((await app.call('GET', `/v1/media/${id}`)).status).toBe(200);
  });

  test('is refused while a post that is not out uses it, naming the post', async () => {
    const post = await app.createPost(account);
    const answer = await app.call('DELETE', `/v1/media/${post.media.id}`);
    expect([answer.status, answer.body.error.code]).toEqual([409, 'CONFLICT']);
    expect(answer.body.error.details).toEqual([
      { path: '', code: 'media_in_use', message: `Used by ${post.id} (queued).` },
    ]);
    const other = await app.connectAccount();
    const { key } = await app.makeKey({ accountIds: [other.accountId] });
    const blind = await app.call('DELETE', `/v1/media/${post.media.id}`, undefined, key);
    expect(blind.body.error.details[0].message).toBe('Used by others.');
    await app.call('DELETE', `/v1/accounts/${account.accountId}/posts/${post.id}`);
    expect((await app.call('DELETE', `/v1/media/${post.media.id}`)).status).toBe(200);
  });

  test('is refused for a cover and for a slide as well', async () => {
    const post = await app.createPost(account);
    const [cover, slide] = [await add(), await add()];
    const change = {
      cover_media_id: cover.id,
      carousel: json([{ mediaId: post.media.id }, { mediaId: slide.id }]),
    };
    await app.database.db.updateTable('posts').set(change).where('id', '=', post.id).execute();
    for (const { id } of [cover, slide]) {
      expect((await app.call('DELETE', `/v1/media/${id}`)).status).toBe(409);
    }
  });

  test('leaves the posts that are out as they were', async () => {
    const post = await app.createPost(account);
    app.clock.advance(60_000);
    await app.app.createWorker().runDue();
    expect((await app.getPost(account, post.id)).status).toBe('sent');
    expect((await app.call('DELETE', `/v1/media/${post.media.id}`)).status).toBe(200);
    expect((await app.getPost(account, post.id)).media).toEqual(post.media);
    // And the same picture can come again.
    const again = await app.createPost(account);
    expect(again.media.id).not.toBe(post.media.id);
    expect(again.media.sha256).toBe(post.media.sha256);
  });
});

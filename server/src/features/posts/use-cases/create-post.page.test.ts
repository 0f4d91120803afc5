// The reference page as a transcript: exactly its request fields, and every field of its answers by name, type and
// nullability (docs/api-contract.md#compatibility).
import { expect, test } from 'vitest';
import { account, app, runAfter, usePublishing } from '../../../../test/publishing.ts';
import { create, inMs, pathOf, send, unix } from '../posts.fixture.ts';

usePublishing();

type Kind = 'string' | 'integer' | 'boolean';

/** The fields of `data.post` as the page lists them; nullable where it says so. */
const page: Record<string, { kind: Kind; nullable?: true; allowed?: string[] }> = {
  id: { kind: 'string' },
  status: { kind: 'string', allowed: ['draft', 'queued', 'sent', 'uploading'] },
  mediaUrl: { kind: 'string' },
  mediaType: { kind: 'string', allowed: ['image', 'video'] },
  title: { kind: 'string', nullable: true },
  description: { kind: 'string', nullable: true },
  url: { kind: 'string', nullable: true },
  boardId: { kind: 'string', nullable: true },
  altText: { kind: 'string', nullable: true },
  sendAt: { kind: 'integer', nullable: true },
  sentAt: { kind: 'integer', nullable: true },
  createdAt: { kind: 'integer' },
  pinId: { kind: 'string', nullable: true },
  isSimplifiedPin: { kind: 'boolean' },
};

function expectPage(post: Record<string, unknown>): void {
  for (const [name, { kind, nullable, allowed }] of Object.entries(page)) {
    const value = post[name];
    expect(Object.keys(post), name).toContain(name);
    if (value === null) expect(nullable, `${name} is null`).toBe(true);
    else if (kind === 'integer') expect(Number.isInteger(value), name).toBe(true);
    else expect(typeof value, name).toBe(kind);
    if (allowed) expect(allowed).toContain(value);
  }
}

const request = () => ({
  mediaUrl: app.picture(),
  mediaType: 'image',
  title: 'Lemon tart',
  description: 'Crisp, sour, done in an hour.',
  url: 'https://example.com/lemon-tart',
  boardId: account.boards.Recipes,
  altText: 'A tart with three slices of lemon',
  sendAt: inMs(24 * 3600_000).replace('.000Z', 'Z'),
  isSimplifiedPin: true,
});

test('the complete request of the reference page is scheduled, then published', async () => {
  const body = request();
  const answer = await create(body);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    201,
    expect.stringMatching(/^application\/json/),
  ]);
  expect(Object.keys(answer.body).sort()).toEqual(['data', 'meta']);
  expect(answer.body.meta).toEqual({ requestId: expect.stringMatching(/^req_/) });
  const { post } = answer.body.data;
  expectPage(post);
  const { mediaUrl, ...said } = body;
  expect(post).toMatchObject({
    ...said,
    status: 'queued',
    sendAt: unix(said.sendAt),
    sentAt: null,
    pinId: null,
  });
  expect(post.mediaUrl).not.toBe(mediaUrl);

  await runAfter(Date.parse(said.sendAt) - app.clock.now().getTime());
  const sent = await app.getPost(account, post.id);
  expectPage(sent);
  expect(sent).toMatchObject({
    status: 'sent',
    sentAt: unix(said.sendAt),
    pinId: expect.stringMatching(/^\d+$/),
  });
});

test('the smallest request of the reference page creates a draft whose other fields are null', async () => {
  const { body } = await create({ mediaUrl: app.picture() });
  expectPage(body.data.post);
  const nullable = Object.entries(page).filter(([, field]) => field.nullable);
  for (const [name] of nullable) expect(body.data.post[name], name).toBeNull();
  expect(body.data.post).toMatchObject({ status: 'draft', mediaType: 'image', isSimplifiedPin: true });
});

test('the refusals 400, 401, 404 and 422 have the codes and messages of the reference page', async () => {
  const envelope = (code: string, message: unknown) => ({
    error: expect.objectContaining({ code, message }),
    meta: { requestId: expect.any(String) },
  });
  const bad = await create({ ...request(), title: 1 });
  expect([bad.status, bad.body]).toEqual([400, envelope('BAD_REQUEST', 'Invalid request body')]);
  const nobody = await send('POST', pathOf(), request(), { key: 'pt_test_nobody' });
  expect([nobody.status, nobody.body]).toEqual([401, envelope('UNAUTHORIZED', 'Invalid API key')]);
  const nowhere = await send('POST', '/v1/accounts/acc_none/posts', request());
  expect([nowhere.status, nowhere.body]).toEqual([404, envelope('NOT_FOUND', 'Account not found')]);
  const noMedia = await create({ ...request(), mediaUrl: app.picture('none.jpg') });
  expect([noMedia.status, noMedia.body]).toEqual([
    422,
    envelope(
      'UNPROCESSABLE_ENTITY',
      'Failed to process media URL. Ensure the URL is publicly accessible and points to a valid media file.',
    ),
  ]);
});

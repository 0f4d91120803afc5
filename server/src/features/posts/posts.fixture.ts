// Requests and test data for the tests of posts.
import { expect } from 'vitest';
import { type Answer, fieldCodes, readAnswer } from '../../../test/answer.ts';
import type { Json, PinterestAccount, TestApp } from '../../../test/app.ts';
import { newPost, postTexts } from '../../../test/new-post.ts';
import { account, app } from '../../../test/publishing.ts';
import { systemActor } from '../../platform/use-case/index.ts';
import { picture } from '../media/pictures/sample-pictures.fixture.ts';
import { type VideoOptions, video } from '../media/videos/sample-videos.fixture.ts';
import { createPosts, type NewPost } from './record/content.ts';

export const pathOf = (of: PinterestAccount = account) => `/v1/accounts/${of.accountId}/posts`;

export const inMs = (ms: number) => new Date(app.clock.now().getTime() + ms).toISOString();
export const unix = (moment: string | Date) => Math.floor(new Date(moment).getTime() / 1000);

/** A body that is complete to be scheduled, without a time. */
export function complete(change: Json = {}): Json {
  return {
    mediaUrl: app.picture(),
    ...postTexts,
    boardId: account.boards.Recipes,
    ...change,
  };
}

export const send: TestApp['send'] = (...request) => app.send(...request);

export const create = (body: Json, of?: PinterestAccount) => send('POST', pathOf(of), body);
export const edit = (id: string, body: Json, headers: Record<string, string> = {}) =>
  send('PATCH', `${pathOf()}/${id}`, body, { headers });
export const act = (id: string, verb: string, body?: Json, headers: Record<string, string> = {}) =>
  send('POST', `${pathOf()}/${id}/${verb}`, body, { headers });

/** Creates a post and returns it. */
export async function created(change: Json = {}) {
  const answer = await create(complete(change));
  expect([answer.status, answer.body.error]).toEqual([201, undefined]);
  return answer.body.data.post;
}

/** The status, the code, and the code of each field of a refusal. */
export function refusal({ status, body }: Answer): [number, string, Record<string, string>] {
  return [status, body.error?.code, fieldCodes(body.error?.details ?? [])];
}

export async function timeline(id: string): Promise<{ type: string; message?: string }[]> {
  return (await app.call('GET', `${pathOf()}/${id}/timeline`)).body.data.events;
}

/** Uploads media and returns it. */
export async function upload(bytes: Buffer, name = 'a.bin') {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(bytes)]), name);
  const answer = await fetch(`${app.url}/v1/media`, {
    method: 'POST',
    headers: { authorization: `Bearer ${app.key}` },
    body: form,
  });
  const { status, body } = await readAnswer(answer);
  expect([status, body.error]).toEqual([201, undefined]);
  return body.data.media;
}

let seed = 50_000;

/** Uploads a new picture, different each time and always of the same size. */
export async function newPicture() {
  seed += 1;
  return upload(await picture(seed).jpeg().toBuffer());
}

export async function newVideo(options: VideoOptions = {}) {
  seed += 1;
  return upload(await video({ seconds: 8, pictureBytes: 200 + (seed % 1000), ...options }));
}

/** Counts the rows of the tables that creates write. */
export async function stored() {
  const { db } = app.database;
  const count = async (table: 'posts' | 'media' | 'events' | 'batches') =>
    Number(
      (
        await db
          .selectFrom(table)
          .select((eb) => eb.fn.countAll().as('n'))
          .executeTakeFirstOrThrow()
      ).n,
    );
  return {
    posts: await count('posts'),
    media: await count('media'),
    events: await count('events'),
    batches: await count('batches'),
  };
}

/** Inserts posts without HTTP, as drafts with this media by default. Returns their ids. */
export async function insertPosts(mediaId: string, posts: readonly Partial<NewPost>[]): Promise<string[]> {
  const filled = posts.map((post) =>
    newPost({
      organizationId: app.organizationId,
      accountId: account.accountId,
      mediaId,
      sendAt: null,
      ...post,
    }),
  );
  const rows = await app.database.transaction((tx) =>
    createPosts(tx, filled, { actor: systemActor, now: app.clock.now() }),
  );
  return rows.map(({ id }) => id);
}

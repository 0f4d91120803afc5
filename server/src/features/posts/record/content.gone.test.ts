// Accounts and media may be gone between the checks of a create and its write: then nothing is written, and the refusal
// names the reason.

import { beforeEach, expect, test } from 'vitest';
import { newPost } from '../../../../test/new-post.ts';
import { account, app, usePublishing } from '../../../../test/publishing.ts';
import { newId } from '../../../domain/ids.ts';
import { sql } from '../../../platform/db/index.ts';
import { systemActor } from '../../../platform/use-case/index.ts';
import { newPicture } from '../posts.fixture.ts';
import { createPosts } from './content.ts';

usePublishing();

let mediaId: string;
beforeEach(async () => {
  mediaId = (await newPicture()).id;
});

function write() {
  const now = app.clock.now();
  const post = newPost({
    id: newId('post'),
    organizationId: app.organizationId,
    accountId: account.accountId,
    mediaId,
    boardId: account.boards.Recipes ?? null,
    sendAt: now,
  });
  return app.database.transaction((tx) => createPosts(tx, [post], { actor: systemActor, now }));
}

async function stored() {
  const { rows } = await sql`select (select count(*)::int from posts) as posts,
    (select wake_at from lanes where account_id = ${account.accountId}) as wake`.execute(app.database.db);
  return rows[0];
}

test.each([
  ['media that were deleted', () => sql`update media set deleted_at = now() where id = ${mediaId}`],
  // The foreign key would refuse it as well, and say less.
  ['media that were swept', () => sql`delete from media where id = ${mediaId}`],
])('%s', async (_what, vanish) => {
  const before = await stored();
  await vanish().execute(app.database.db);
  await expect(write()).rejects.toMatchObject({
    details: [{ message: expect.stringContaining(mediaId) }],
  });
  expect(await stored()).toEqual(before);
});

test('a create for an account that was disconnected meanwhile writes nothing', async () => {
  const before = await stored();
  await sql`update accounts set disconnected_at = now() where id = ${account.accountId}`.execute(
    app.database.db,
  );
  await expect(write()).rejects.toMatchObject({ declaration: { code: 'NOT_FOUND' } });
  expect(await stored()).toEqual(before);
});

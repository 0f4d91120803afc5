// Creating a post from inside the process, as jobs and content sources do: with a context and without HTTP.
import { expect, test } from 'vitest';
import { systemContext } from '../../../../test/context.ts';
import { account, app, useApp } from '../../../../test/use-app.ts';
import { systemActor } from '../../../platform/use-case/index.ts';
import { createPost } from './create-post.ts';

useApp({ accountPer: 'file' });

test('a use case called by the system creates a post, and its event names the system', async () => {
  const { database, publicUrl } = app.parts;
  const { pinUrl } = app.parts.pinterest;
  const { boards, media, schedule } = app.app;
  const parts = {
    ...{ database, publicUrl, pinUrl, boards, media, schedule },
    accessLevel: 'standard' as const,
  };
  const { data } = await createPost(parts, systemContext(app), account.accountId, {
    mediaUrl: app.picture(),
    mediaType: 'image',
    title: 'From a feed',
    useNextOpenSlot: false,
    now: false,
    isSimplifiedPin: true,
    productTagPinIds: [],
    tags: [],
  });
  expect(data.post).toMatchObject({ title: 'From a feed', status: 'draft' });
  const { events } = (await app.call('GET', '/v1/events?type=post.created')).body.data;
  expect(events).toMatchObject([{ postId: data.post.id, actor: systemActor }]);
});

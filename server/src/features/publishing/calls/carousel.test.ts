// Carousels, and posts for board sections.
import { expect, test } from 'vitest';
import { errorLevel } from '../../../../test/log.ts';
import {
  account,
  app,
  expectAdopted,
  minute,
  pinsHere,
  runAfter,
  usePublishing,
} from '../../../../test/publishing.ts';
import { changePost, storePictures } from '../posts.fixture.ts';

usePublishing();

const samples = ['recipe.jpg', 'garden.jpg', 'travel.jpg'];

async function carouselPost(title = 'Three steps') {
  const pictures = await storePictures(samples);
  const post = await app.createPost(account, { title });
  await changePost(post.id, {
    carousel: pictures.map(({ id }, index) => ({
      mediaId: id,
      title: index === 0 ? null : `Step ${index}`,
      description: null,
      url: index === 2 ? 'https://example.com/step-2' : null,
    })),
  });
  return { post, pictures };
}

test('a carousel is published with its pictures in order, each with its own texts', async () => {
  const { post, pictures } = await carouselPost();
  await runAfter(minute);
  const [pin, ...others] = await pinsHere();
  expect(others).toEqual([]);
  expect(pin).toMatchObject({ sourceType: 'multiple_image_base64', title: 'Three steps' });
  expect(pin?.pictures).toMatchObject([
    { sha256: pictures[0]?.sha256, title: null, link: null },
    { sha256: pictures[1]?.sha256, title: 'Step 1', link: null },
    { sha256: pictures[2]?.sha256, title: 'Step 2', link: 'https://example.com/step-2' },
  ]);
  expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent', pinId: pin?.id });
});

test('a single picture with the same texts is not mistaken for a carousel whose answer was lost', async () => {
  const { post } = await carouselPost();
  await app.faults([{ operation: 'pins/create', when: 'before', kind: 'reset', times: 1 }]);
  await runAfter(minute);
  // A similar Pin is created by hand.
  const byHand = await app.app.pinterest.of('simulator').createPin(account.accessToken, {
    boardId: account.boards.Recipes ?? '',
    title: post.title,
    description: post.description,
    link: post.url,
    source: { type: 'image_url', url: app.picture('recipe.jpg') },
  });
  expect(byHand.kind).toBe('created');
  for (const seconds of [10, 30, 120, 600]) await runAfter(seconds * 1000);
  expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent', attempts: 2 });
  expect((await pinsHere()).map((pin) => pin.sourceType).sort()).toEqual([
    'image_url',
    'multiple_image_base64',
  ]);
});

test('a carousel that was created, and whose answer was lost, is found', async () => {
  const { post } = await carouselPost();
  await app.faults([{ operation: 'pins/create', when: 'after', kind: 'reset', times: 1 }]);
  await runAfter(minute);
  await runAfter(10_000);
  await expectAdopted(post.id);
});

test('a post for a board section is published there, and is found there after a lost answer', async () => {
  const otherAccount = await app.connectAccount({ sections: ['Desserts'] });
  const boardId = otherAccount.boards.Recipes ?? '';
  const sections = await app.app.pinterest
    .of('simulator')
    .listBoardSections(otherAccount.accessToken, boardId);
  const section = sections.kind === 'ok' ? sections.value[0]?.id : undefined;
  const [post, lost] = [
    await app.createPost(otherAccount),
    await app.createPost(otherAccount, { title: 'Lost' }),
  ];
  for (const { id } of [post, lost]) await changePost(id, { board_section_id: section ?? '' });
  await app.faults([{ operation: 'pins/create', when: 'after', kind: 'reset', nth: 2, times: 1 }]);
  await runAfter(minute);
  await runAfter(10_000);
  const pins = await app.pins({ boardId });
  expect(pins).toHaveLength(2);
  for (const pin of pins) expect(pin.boardSectionId).toBe(section);
  for (const { id } of [post, lost])
    expect(await app.getPost(otherAccount, id)).toMatchObject({ status: 'sent', attempts: 1 });
});

test('product tags stay with the post: Pinterest has no field for them', async () => {
  const post = await app.createPost(account);
  await changePost(post.id, { product_tag_pin_ids: ['123'] });
  await runAfter(minute);
  expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent' });
});

test('a carousel too large for one request fails with the reason, and no request is sent', async () => {
  const { post } = await carouselPost();
  const { media } = app.app;
  const large = app.app.createWorker({
    media: {
      ...media,
      async readForPublishing(picture) {
        const read = await media.readForPublishing(picture);
        return read && { ...read, bytes: Buffer.alloc(15_000_000) };
      },
    },
  });
  app.clock.advance(minute);
  await large.runDue();
  expect(await app.getPost(account, post.id)).toMatchObject({
    status: 'failed',
    attempts: 0,
    failure: { code: 'too_big', message: expect.any(String), remediation: expect.any(String) },
  });
  expect(await pinsHere()).toEqual([]);
});

test('none of this was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

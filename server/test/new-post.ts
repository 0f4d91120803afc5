// A post for tests, over HTTP or directly in the database.
import { newId } from '../src/domain/ids.ts';
import type { NewPost } from '../src/features/posts/record/content.ts';

/** The texts of a post for tests that need none in particular. */
export const postTexts = {
  title: 'Lemon tart',
  description: 'Crisp, sour, done in an hour.',
  url: 'https://example.com/lemon-tart',
};

/** Completes a post for `createPosts`, for tests that do not create posts over HTTP. */
export function newPost(
  post: Pick<NewPost, 'organizationId' | 'accountId' | 'mediaId' | 'sendAt'> & Partial<NewPost>,
): NewPost {
  return {
    id: newId('post'),
    title: postTexts.title,
    description: 'd',
    url: 'https://example.com/',
    destinationKey: 'example.com',
    boardId: null,
    boardSectionId: null,
    altText: null,
    isSimplifiedPin: true,
    productTagPinIds: [],
    tags: [],
    externalId: null,
    mediaType: 'image',
    sourceMediaUrl: null,
    carousel: null,
    coverMediaId: null,
    coverSeconds: null,
    ...post,
  };
}

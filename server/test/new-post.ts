// A post straight into the database, where a test is not about how posts are created.

import { newId } from '../src/domain/ids.ts';
import type { NewPost } from '../src/features/posts/record/content.ts';

/** What most tests do not care about is filled in. */
export function newPost(
  post: Pick<NewPost, 'organizationId' | 'accountId' | 'mediaId' | 'sendAt'> & Partial<NewPost>,
): NewPost {
  return {
    id: newId('post'),
    title: 'Lemon tart',
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

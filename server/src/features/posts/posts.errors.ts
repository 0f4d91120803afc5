import { refusal } from '../../platform/errors.ts';

export const postNotFound = refusal({
  code: 'NOT_FOUND',
  message: 'Post not found',
  fix: 'GET /v1/accounts/{accountId}/posts lists the posts of an account.',
});

/** The post's state does not allow it; the detail says which state it is in and what can be done. */
export const postCannot = refusal({
  code: 'CONFLICT',
  message: 'The post cannot do this in its present state',
  fix: 'GET the post: its status says where it stands.',
});

/** Someone else changed the post between our reading and our writing. */
export const postChanged = refusal({
  code: 'CONFLICT',
  message: 'The post was changed at the same moment',
  fix: 'GET the post and decide anew.',
});

/** One Pin belongs to one post; the detail names the other. */
export const pinTaken = refusal({
  code: 'CONFLICT',
  message: 'Another post of this account has this Pin already',
  fix: 'Open the Pin on Pinterest and compare: its address ends with its id.',
});

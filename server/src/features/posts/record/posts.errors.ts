import { refusal } from '../../../platform/errors.ts';

export const postNotFound = refusal({
  code: 'NOT_FOUND',
  reason: 'post_not_found',
  message: 'Post not found',
  fix: 'GET /v1/accounts/{accountId}/posts lists the posts of an account.',
});

/** The post's state does not allow it; the detail says which state it is in and what can be done. */
export const postCannot = refusal({
  code: 'CONFLICT',
  reason: 'post_state_conflict',
  message: 'The post cannot do this in its present state',
  fix: 'GET the post: its status says where it stands.',
});

/** Someone else changed the post between our reading and our writing. */
export const postChanged = refusal({
  code: 'CONFLICT',
  reason: 'post_changed',
  message: 'The post was changed at the same moment',
  fix: 'GET the post and decide again.',
});

/** One Pin belongs to one post; the detail names the other. */
export const pinTaken = refusal({
  code: 'CONFLICT',
  reason: 'pin_taken',
  message: 'Another post of this account has this Pin already',
  fix: 'Open the Pin on Pinterest and compare: its address ends with its id.',
});

/** Your own ids are unique in an account; the detail names the post that has it. */
export const externalIdTaken = refusal({
  code: 'CONFLICT',
  reason: 'external_id_taken',
  message: 'Another post of this account has this externalId',
  fix: 'The detail names the other post: GET it, or choose another externalId.',
});

/** Somebody deleted the medium between our reading and our writing. */
export const mediaGone = refusal({
  code: 'CONFLICT',
  reason: 'media_gone',
  message: 'The media of the post was deleted at the same moment',
});

/** @throws mediaGone where one of these is not among those that are there. */
export function refuseGone(ids: readonly string[], there: ReadonlySet<string>): void {
  const gone = ids.find((id) => !there.has(id));
  if (gone === undefined) return;
  throw mediaGone([{ path: '', code: 'media_gone', message: `${gone} was deleted. Send the post again.` }]);
}

/** The header If-Match named another version than the post has now. */
export const versionDiffers = refusal({
  code: 'PRECONDITION_FAILED',
  reason: 'version_mismatch',
  message: 'The post was changed since it was read',
  fix: 'GET the post, look at what changed, and send its new ETag as If-Match.',
});

export const batchNotFound = refusal({
  code: 'NOT_FOUND',
  reason: 'batch_not_found',
  message: 'Batch not found',
});

/** Pinterest would refuse every Pin of this account, so none is scheduled. */
export const noAccess = refusal({
  code: 'CONFLICT',
  reason: 'pin_creation_denied',
  message: 'Pinterest does not let this installation create Pins for the account',
  fix: 'Save it as a draft meanwhile: leave out the time.',
});

import { type Refusal, refusal } from '../../../platform/errors.ts';
import { isExternalIdViolation } from './posts.queries.ts';

export const postNotFound = refusal({
  code: 'NOT_FOUND',
  reason: 'post_not_found',
  message: 'Post not found',
  fix: 'GET /v1/accounts/{accountId}/posts lists the posts of an account.',
});

/** The post's situation does not allow the change; the detail names the situation and the allowed changes. */
export const postCannot = refusal({
  code: 'CONFLICT',
  reason: 'post_state_conflict',
  message: 'The post does not allow this in its current state',
  fix: 'The detail says what the post allows now.',
});

/** The post was changed between the read and the write of this request. */
export const postChanged = refusal({
  code: 'CONFLICT',
  reason: 'post_changed',
  message: 'The post was changed at the same moment',
  fix: 'GET the post, and repeat the request if it still applies.',
});

/** A Pin belongs to one post; the detail names the other post. */
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

/**
 * Returns the refusal of an externalId.
 * @param owner The post that has it: its id, or words.
 * @param prefix The prefix of the field: `posts.3.`
 */
export function externalIdTakenBy(owner: string, prefix = ''): Refusal {
  return externalIdTaken([
    { path: `${prefix}externalId`, code: 'external_id_taken', message: `${owner} has it already.` },
  ]);
}

/** Runs a write; an externalId that another post got since it was checked becomes externalIdTaken. */
export async function refusingTakenIds<T>(write: () => Promise<T>, prefix = ''): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isExternalIdViolation(error)) throw error;
    throw externalIdTakenBy('Another post', prefix);
  }
}

/** The medium was deleted between the read and the write of this request. */
export const mediaGone = refusal({
  code: 'CONFLICT',
  reason: 'media_gone',
  message: 'The media of the post was deleted at the same moment',
});

/** @throws mediaGone if one of these ids is not among the existing ones. */
export function refuseGone(ids: readonly string[], there: ReadonlySet<string>): void {
  const gone = ids.find((id) => !there.has(id));
  if (gone === undefined) return;
  throw mediaGone([{ path: '', code: 'media_gone', message: `${gone} was deleted. Send the post again.` }]);
}

/** If-Match named another version than the post has now. */
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

/** Pinterest would refuse every Pin of this account, so no post is scheduled. */
export const noAccess = refusal({
  code: 'CONFLICT',
  reason: 'pin_creation_denied',
  message: 'Pinterest does not let this installation create Pins for the account',
  fix: 'Save it as a draft meanwhile: leave out the time.',
});

export const tooManyBatches = refusal({
  code: 'RATE_LIMIT_EXCEEDED',
  reason: 'too_many_batches',
  message: 'Limit reached: an organization can have at most 100 batches that are not completed',
  fix: 'Repeat the request when a batch is completed: the event `batch.completed` reports it.',
  retryAfterSeconds: 30,
});

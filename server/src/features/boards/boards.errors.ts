import type { Failure } from '../../pinterest/index.ts';
import { type Refusal, type RefusalMaker, refusal } from '../../platform/errors.ts';

export const boardNotFound = refusal({
  code: 'NOT_FOUND',
  reason: 'board_not_found',
  message: 'Board not found',
  fix: 'GET /v1/accounts/{accountId}/boards lists the boards of an account.',
});

export const sectionNotFound = refusal({
  code: 'NOT_FOUND',
  reason: 'section_not_found',
  message: 'Board section not found',
  fix: 'GET /v1/accounts/{accountId}/boards/{boardId}/sections lists the sections of a board.',
});

export const boardNameTaken = refusal({
  code: 'CONFLICT',
  reason: 'board_name_taken',
  message: 'The account already has a board with this name',
  fix: 'Try a different name, or use the board that is there.',
});

export const sectionInUse = refusal({
  code: 'CONFLICT',
  reason: 'section_in_use',
  message: 'Queued posts are meant for this section',
  fix: 'Edit or unschedule them, or send `?confirm=true`.',
});

export const noAccess = refusal({
  code: 'CONFLICT',
  reason: 'board_access_denied',
  message: "Pinterest does not let this account's token do that",
  fix: 'Connect the account again: POST /v1/accounts/connect. Secret boards need permissions of their own.',
});

export const pinterestRefused = refusal({
  code: 'UNPROCESSABLE_ENTITY',
  reason: 'pinterest_refused',
  message: 'Pinterest did not accept the change',
  fix: '`details` says what Pinterest said and what can be done.',
});

export const notConfirmed = refusal({
  code: 'SERVICE_UNAVAILABLE',
  reason: 'pinterest_unconfirmed',
  message: 'Pinterest did not confirm the change',
  fix: '`details` says whether anything was sent. Look with `?refresh=true` before you try again.',
});

/** What any change of a board on Pinterest may meet. */
export const changeRefusals = [boardNotFound, boardNameTaken, noAccess, pinterestRefused, notConfirmed];

/** A failure of a change, as the caller's refusal. */
export function refusalFor(failure: Failure): Refusal {
  const { reason, message, remediation } = failure;
  const path = reason === 'board_name_taken' ? 'name' : '';
  return makerFor(failure)([{ path, code: reason, message: `${message} ${remediation}` }]);
}

function makerFor({ reason, accountProblem, retryable }: Failure): RefusalMaker {
  if (accountProblem === 'unauthorized') return noAccess;
  switch (reason) {
    case 'board_not_found':
      return boardNotFound;
    case 'section_not_found':
      return sectionNotFound;
    case 'board_name_taken':
      return boardNameTaken;
    case 'answer_lost':
    case 'answer_unreadable':
    case 'pinterest_unavailable':
    case 'redirected':
      return notConfirmed;
    default:
      // Surely nothing was done, and time mends it; or Pinterest said no.
      return retryable ? notConfirmed : pinterestRefused;
  }
}

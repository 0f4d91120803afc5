// The refusals of boards and sections, and which of them a failure of Pinterest becomes.
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
  fix: 'Use a different name, or the existing board.',
});

export const sectionInUse = refusal({
  code: 'CONFLICT',
  reason: 'section_in_use',
  message: 'The section has queued posts',
  fix: 'Edit or unschedule them, or send `?confirm=true`.',
});

export const boardAccessDenied = refusal({
  code: 'CONFLICT',
  reason: 'board_access_denied',
  message: "Pinterest refused this change with this account's token",
  fix: 'Connect the account again: POST /v1/accounts/connect. Secret boards need additional permissions.',
});

export const pinterestRefused = refusal({
  code: 'UNPROCESSABLE_ENTITY',
  reason: 'pinterest_refused',
  message: 'Pinterest did not accept the change',
  fix: '`details` has the response of Pinterest and a remedy.',
});

export const notConfirmed = refusal({
  code: 'SERVICE_UNAVAILABLE',
  reason: 'pinterest_unconfirmed',
  message: 'Pinterest did not confirm the change',
  fix: '`details` says whether the change was sent. List the boards with `?refresh=true` before you retry.',
});

/** The refusals that any change of a board on Pinterest can have. */
export const boardChangeRefusals = [
  boardNotFound,
  boardNameTaken,
  boardAccessDenied,
  pinterestRefused,
  notConfirmed,
];

/** The refusal for a change that failed on Pinterest. */
export function refusalFor(failure: Failure): Refusal {
  const { reason, message, remediation } = failure;
  const path = reason === 'board_name_taken' ? 'name' : '';
  return makerFor(failure)([{ path, code: reason, message: `${message} ${remediation}` }]);
}

function makerFor({ reason, accountProblem, retryable }: Failure): RefusalMaker {
  if (accountProblem === 'unauthorized') return boardAccessDenied;
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
      // Nothing was changed, and a retry may succeed; or Pinterest refused.
      return retryable ? notConfirmed : pinterestRefused;
  }
}

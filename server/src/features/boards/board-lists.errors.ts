import { refusal } from '../../platform/errors.ts';

export const boardListNotFound = refusal({
  code: 'NOT_FOUND',
  reason: 'board_list_not_found',
  message: 'Board list not found',
  fix: 'GET /v1/accounts/{accountId}/board-lists lists the board lists of an account.',
});

export const tooManyBoardLists = refusal({
  code: 'CONFLICT',
  reason: 'too_many_board_lists',
  message: 'The account has 1,000 board lists, and more are not kept',
  fix: 'Delete one that is not used.',
});

// The refusals of board lists.
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
  message: 'Limit reached: an account can have at most 1,000 board lists',
  fix: 'Delete a board list that is not in use.',
});

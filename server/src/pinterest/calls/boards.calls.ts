// Boards.
import type { Answer } from '../wire/answers.ts';
import { mapAnswer } from '../wire/answers.ts';
import type { Caller } from '../wire/caller.ts';
import { answerAbout } from './ids.ts';
import { pageOf, pageSizeMax, readPages } from './pages.ts';
import { type Board, boardSchema } from './resources.ts';

export interface CreateBoardBody {
  name: string;
  description?: string | null;
  privacy?: 'PUBLIC' | 'PROTECTED' | 'SECRET';
}

/** Absent fields are unchanged. */
export interface UpdateBoardBody {
  name?: string;
  description?: string | null;
  privacy?: 'PUBLIC' | 'SECRET';
}

export interface BoardCalls {
  /** Every board of the account and every group board it collaborates on; secret ones if the token's scopes allow. */
  listBoards(token: string): Promise<Answer<Board[]>>;
  /** Null when it does not exist, or this account may not see it. */
  getBoard(token: string, boardId: string): Promise<Answer<Board | null>>;
  createBoard(token: string, body: CreateBoardBody): Promise<Answer<Board>>;
  updateBoard(token: string, boardId: string, body: UpdateBoardBody): Promise<Answer<Board>>;
  deleteBoard(token: string, boardId: string): Promise<Answer<null>>;
}

/** 25,000 boards: a bound for a list that never ends, not a practical limit. */
const boardPagesMax = 100;

export function boardCalls(caller: Caller): BoardCalls {
  return {
    async listBoards(token) {
      const listed = await readPages(
        (bookmark) =>
          caller.answer({
            operation: 'listBoards',
            method: 'GET',
            path: '/boards',
            query: { page_size: pageSizeMax, bookmark },
            authorization: { token },
            expects: pageOf(boardSchema),
          }),
        boardPagesMax,
      );
      return mapAnswer(listed, ({ items }) => items);
    },

    async getBoard(token, boardId) {
      const answer = await answerAbout<Board | null>(caller, [boardId], {
        operation: 'getBoard',
        method: 'GET',
        path: `/boards/${boardId}`,
        authorization: { token },
        expects: boardSchema,
      });
      return answer.kind === 'failed' && answer.failure.reason === 'board_not_found'
        ? { kind: 'ok', value: null, call: answer.call }
        : answer;
    },

    createBoard: (token, body) =>
      caller.answer({
        operation: 'createBoard',
        method: 'POST',
        path: '/boards',
        authorization: { token },
        body: { json: body },
        expects: boardSchema,
      }),

    updateBoard: (token, boardId, body) =>
      answerAbout(caller, [boardId], {
        operation: 'updateBoard',
        method: 'PATCH',
        path: `/boards/${boardId}`,
        authorization: { token },
        body: { json: body },
        expects: boardSchema,
        isRepeatable: true,
      }),

    deleteBoard: (token, boardId) =>
      answerAbout(caller, [boardId], {
        operation: 'deleteBoard',
        method: 'DELETE',
        path: `/boards/${boardId}`,
        authorization: { token },
        expects: null,
        isRepeatable: true,
      }),
  };
}

// Boards and their sections.
import type { Answer } from '../wire/answers.ts';
import { mapAnswer } from '../wire/answers.ts';
import type { Caller, Question } from '../wire/caller.ts';
import { isPinterestId } from './ids.ts';
import { pageOf, pageSizeMax, readPages } from './pages.ts';
import { type Board, type BoardSection, boardSchema, boardSectionSchema } from './resources.ts';

export interface CreateBoardBody {
  name: string;
  description?: string | null;
  privacy?: 'PUBLIC' | 'PROTECTED' | 'SECRET';
}

/** Absent: left as it is. */
export interface UpdateBoardBody {
  name?: string;
  description?: string | null;
  privacy?: 'PUBLIC' | 'SECRET';
}

export interface BoardCalls {
  /** Every board of the account and every group board it collaborates on; secret ones if the token's scopes allow. */
  listBoards(token: string): Promise<Answer<Board[]>>;
  /** Null when it is not there, or not for this account to see. */
  getBoard(token: string, boardId: string): Promise<Answer<Board | null>>;
  createBoard(token: string, body: CreateBoardBody): Promise<Answer<Board>>;
  updateBoard(token: string, boardId: string, body: UpdateBoardBody): Promise<Answer<Board>>;
  deleteBoard(token: string, boardId: string): Promise<Answer<null>>;
  listBoardSections(token: string, boardId: string): Promise<Answer<BoardSection[]>>;
  createBoardSection(token: string, boardId: string, name: string): Promise<Answer<BoardSection>>;
  updateBoardSection(
    token: string,
    boardId: string,
    sectionId: string,
    name: string,
  ): Promise<Answer<BoardSection>>;
  deleteBoardSection(token: string, boardId: string, sectionId: string): Promise<Answer<null>>;
}

/** 25,000 boards: a bound against a list without an end, not a limit anyone meets. */
const pagesMax = 100;

export function boardCalls(caller: Caller): BoardCalls {
  /** Asks only when every id in the path is one. */
  async function about<T>(ids: string[], question: Question<T>): Promise<Answer<T>> {
    if (ids.every(isPinterestId)) return caller.answer(question);
    return { kind: 'failed', ...caller.refuse('a board or section id is not made of digits') };
  }

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
        pagesMax,
      );
      return mapAnswer(listed, ({ items }) => items);
    },

    async getBoard(token, boardId) {
      const answer = await about<Board | null>([boardId], {
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
      about([boardId], {
        operation: 'updateBoard',
        method: 'PATCH',
        path: `/boards/${boardId}`,
        authorization: { token },
        body: { json: body },
        expects: boardSchema,
        isRepeatable: true,
      }),

    deleteBoard: (token, boardId) =>
      about([boardId], {
        operation: 'deleteBoard',
        method: 'DELETE',
        path: `/boards/${boardId}`,
        authorization: { token },
        expects: null,
        isRepeatable: true,
      }),

    async listBoardSections(token, boardId) {
      const listed = await readPages(
        (bookmark) =>
          about([boardId], {
            operation: 'listBoardSections',
            method: 'GET',
            path: `/boards/${boardId}/sections`,
            query: { page_size: pageSizeMax, bookmark },
            authorization: { token },
            expects: pageOf(boardSectionSchema),
          }),
        pagesMax,
      );
      return mapAnswer(listed, ({ items }) => items);
    },

    createBoardSection: (token, boardId, name) =>
      about([boardId], {
        operation: 'createBoardSection',
        method: 'POST',
        path: `/boards/${boardId}/sections`,
        authorization: { token },
        body: { json: { name } },
        expects: boardSectionSchema,
      }),

    updateBoardSection: (token, boardId, sectionId, name) =>
      about([boardId, sectionId], {
        operation: 'updateBoardSection',
        method: 'PATCH',
        path: `/boards/${boardId}/sections/${sectionId}`,
        authorization: { token },
        body: { json: { name } },
        expects: boardSectionSchema,
        isRepeatable: true,
      }),

    deleteBoardSection: (token, boardId, sectionId) =>
      about([boardId, sectionId], {
        operation: 'deleteBoardSection',
        method: 'DELETE',
        path: `/boards/${boardId}/sections/${sectionId}`,
        authorization: { token },
        expects: null,
        isRepeatable: true,
      }),
  };
}

// The sections of boards.
import { type Answer, mapAnswer } from '../wire/answers.ts';
import type { Caller } from '../wire/caller.ts';
import { answerAbout } from './ids.ts';
import { pageOf, pageSizeMax, readPages } from './pages.ts';
import { type BoardSection, boardSectionSchema } from './resources.ts';

export interface BoardSectionCalls {
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

/** 25,000 sections: a bound for a list that never ends, not a practical limit. */
const sectionPagesMax = 100;

export function boardSectionCalls(caller: Caller): BoardSectionCalls {
  return {
    async listBoardSections(token, boardId) {
      const listed = await readPages(
        (bookmark) =>
          answerAbout(caller, [boardId], {
            operation: 'listBoardSections',
            method: 'GET',
            path: `/boards/${boardId}/sections`,
            query: { page_size: pageSizeMax, bookmark },
            authorization: { token },
            expects: pageOf(boardSectionSchema),
          }),
        sectionPagesMax,
      );
      return mapAnswer(listed, ({ items }) => items);
    },

    createBoardSection: (token, boardId, name) =>
      answerAbout(caller, [boardId], {
        operation: 'createBoardSection',
        method: 'POST',
        path: `/boards/${boardId}/sections`,
        authorization: { token },
        body: { json: { name } },
        expects: boardSectionSchema,
      }),

    updateBoardSection: (token, boardId, sectionId, name) =>
      answerAbout(caller, [boardId, sectionId], {
        operation: 'updateBoardSection',
        method: 'PATCH',
        path: `/boards/${boardId}/sections/${sectionId}`,
        authorization: { token },
        body: { json: { name } },
        expects: boardSectionSchema,
        isRepeatable: true,
      }),

    deleteBoardSection: (token, boardId, sectionId) =>
      answerAbout(caller, [boardId, sectionId], {
        operation: 'deleteBoardSection',
        method: 'DELETE',
        path: `/boards/${boardId}/sections/${sectionId}`,
        authorization: { token },
        expects: null,
        isRepeatable: true,
      }),
  };
}

import { z } from 'zod';
import { refuseRepeats, text } from '../../platform/http/contract/fields.ts';
import { AccountPath } from '../accounts/index.ts';
import type { BoardListRow } from './board-lists.queries.ts';

export const BoardListPath = AccountPath.extend({
  // Text here: what is no number is a list that does not exist, not a malformed request.
  boardListId: z.string().meta({ description: 'Board list id, an integer.' }),
});

const BoardListView = z
  .object({
    id: z.int().meta({ description: 'Board list id.' }),
    name: z.string().nullable().meta({ description: 'Name of the list; null when it has none.' }),
    accountId: z.string().meta({ description: 'The account to which it belongs.' }),
    boards: z
      .array(
        z.object({
          id: z.string().meta({ description: "Pinterest's id of the board." }),
          order: z.int().meta({ description: 'Place in the list, from 0.' }),
        }),
      )
      .meta({ description: 'In their order. One that was deleted on Pinterest since then stays in here.' }),
  })
  .meta({ id: 'BoardList' });

export const BoardListsAnswer = z.object({ boardLists: z.array(BoardListView) });
export const BoardListAnswer = z.object({ boardList: BoardListView });
export const DeletedBoardListAnswer = z.object({
  deleted: z.literal(true),
  id: z.int().meta({ description: 'What was deleted.' }),
});

/** Pinterest lets an account have about as many boards. */
const boardsMax = 2000;

const boardIds = z.array(text(64)).max(boardsMax, `At most ${boardsMax} boards.`).superRefine(refuseRepeats);

/** For POST, and for PUT, which replaces the whole list. */
export const BoardListBody = z
  .strictObject({
    name: text(255)
      .nullable()
      .optional()
      .meta({ description: 'At most 255 characters; null, or left out, for a list without a name.' }),
    boardIds: boardIds.meta({
      description: 'The boards in their order, each once; boards of the account, at most 2,000.',
    }),
  })
  .meta({ id: 'BoardListBody' });
export type BoardListInput = z.output<typeof BoardListBody>;

export function toBoardListView(row: BoardListRow): z.input<typeof BoardListView> {
  return {
    id: row.id,
    name: row.name,
    accountId: row.account_id,
    boards: row.board_ids.map((id, order) => ({ id, order })),
  };
}

// Board lists as they cross the wire.
import { z } from 'zod';
import { refuseRepeats, text } from '../../platform/http/contract/index.ts';
import { AccountPath } from '../accounts/index.ts';
import type { BoardListRow } from './board-lists.queries.ts';

export const BoardListPath = AccountPath.extend({
  // A text, because an id that is not a number is not found; the request is valid.
  boardListId: z.string().meta({ description: 'Board list id, an integer.' }),
});

const BoardListView = z
  .object({
    id: z.int().meta({ description: 'Board list id.' }),
    name: z.string().nullable().meta({ description: 'Name of the list; null for a list without a name.' }),
    accountId: z.string().meta({ description: 'The id of the account that the list belongs to.' }),
    boards: z
      .array(
        z.object({
          id: z.string().meta({ description: 'Board id on Pinterest.' }),
          order: z.int().meta({ description: 'Position in the list, from 0.' }),
        }),
      )
      .meta({
        description:
          'The boards of the list, in order. A board that was later deleted on Pinterest stays in the list.',
      }),
  })
  .meta({ id: 'BoardList' });

export const BoardListsAnswer = z
  .object({ boardLists: z.array(BoardListView) })
  .meta({ id: 'BoardListPage' });
export const BoardListAnswer = z.object({ boardList: BoardListView }).meta({ id: 'BoardListResult' });
export const DeletedBoardListAnswer = z
  .object({
    deleted: z.literal(true),
    id: z.int().meta({ description: 'The id of the deleted board list.' }),
  })
  .meta({ id: 'DeletedBoardList' });

/** About the number of boards that Pinterest allows for an account. */
const boardsPerListMax = 2000;

const boardIds = z
  .array(text(64))
  .max(boardsPerListMax, `At most ${boardsPerListMax} boards.`)
  .superRefine(refuseRepeats)
  .meta({ uniqueItems: true });

/** The body of POST, and of PUT, which replaces the whole list. */
export const BoardListBody = z
  .strictObject({
    name: text(255)
      .nullable()
      .optional()
      .meta({ description: 'At most 255 characters. Default: null, for a list without a name.' }),
    boardIds: boardIds.meta({
      description: 'The ids of at most 2,000 boards of the account in order, each at most once.',
    }),
  })
  .meta({ id: 'BoardListBody' });
export type BoardListInput = z.output<typeof BoardListBody>;

/** A board list as responses show it. */
export function toBoardListView(row: BoardListRow): z.input<typeof BoardListView> {
  return {
    id: row.id,
    name: row.name,
    accountId: row.account_id,
    boards: row.board_ids.map((id, order) => ({ id, order })),
  };
}

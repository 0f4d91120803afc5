import { z } from 'zod';
import { queryFlag } from '../../platform/http/fields.ts';
import type { BoardRow } from './boards.queries.ts';

export const BoardsQuery = z.strictObject({
  refresh: queryFlag.meta({ description: 'Read the boards from Pinterest again, however fresh they are.' }),
});

const BoardView = z
  .object({
    id: z.string().meta({ description: "Pinterest's id of the board." }),
    name: z.string().meta({ description: 'Board name.' }),
    isCollaborator: z.boolean().meta({ description: 'The account collaborates on a board of someone else.' }),
    isSecret: z.boolean().meta({ description: 'Only its members can see the board.' }),
    description: z.string().nullable().meta({ description: 'Board description.' }),
    pinCount: z.int().nullable().meta({ description: "Pins on the board, by Pinterest's count." }),
  })
  .meta({ id: 'Board' });

export const BoardList = z.object({ boards: z.array(BoardView) });

export function toBoardView(row: BoardRow): z.input<typeof BoardView> {
  return {
    id: row.id,
    name: row.name,
    isCollaborator: row.is_collaborator,
    isSecret: row.is_secret,
    description: row.description,
    pinCount: row.pin_count,
  };
}

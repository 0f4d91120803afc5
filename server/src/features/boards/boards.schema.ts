// Boards and sections as they cross the wire.
import { z } from 'zod';
import type { Environment } from '../../pinterest/index.ts';
import { queryFlag, text, visibleText } from '../../platform/http/contract/index.ts';
import { AccountPath } from '../accounts/index.ts';
import { type BoardRow, type Section, sectionsOf } from './boards.queries.ts';

export const BoardPath = AccountPath.extend({
  boardId: z.string().meta({ description: 'Board id, from GET …/boards.' }),
});

export const SectionPath = BoardPath.extend({
  sectionId: z.string().meta({ description: 'Section id, from GET …/sections.' }),
});

export const BoardsQuery = z.strictObject({
  refresh: queryFlag.meta({
    description: 'Read the boards from Pinterest, even if the stored list is fresh.',
  }),
});

export const SectionsQuery = z.strictObject({
  refresh: queryFlag.meta({
    description: 'Read the sections from Pinterest, even if the stored list is fresh.',
  }),
});

export const DeleteBoardQuery = z.strictObject({
  confirm: queryFlag.meta({
    description: 'Must be `true`: the board and its Pins are permanently deleted on Pinterest.',
  }),
});

export const DeleteSectionQuery = z.strictObject({
  confirm: queryFlag.meta({
    description: 'Must be `true` when the section has queued posts: they would fail.',
  }),
});

const BoardView = z
  .object({
    id: z.string().meta({ description: 'Board id on Pinterest.' }),
    name: z.string().meta({ description: 'Board name.' }),
    isCollaborator: z
      .boolean()
      .meta({ description: 'Whether the account is a collaborator on the board of another user.' }),
    isSecret: z.boolean().meta({ description: 'Whether only its members can see the board.' }),
    description: z.string().nullable().meta({ description: 'Board description.' }),
    sectionCount: z.int().nullable().meta({
      description:
        "The number of sections. Null unless GET …/sections was requested in the last ten minutes, because Pinterest's list of boards does not have it.",
    }),
    pinCount: z.int().nullable().meta({ description: 'The number of Pins on the board, from Pinterest.' }),
    url: z.string().nullable().meta({
      description:
        "The board's public URL. It is built from owner and name, because Pinterest's API does not return it. Null outside production.",
    }),
  })
  .meta({ id: 'Board' });

export const BoardsAnswer = z.object({ boards: z.array(BoardView) }).meta({ id: 'BoardPage' });
export const BoardAnswer = z.object({ board: BoardView }).meta({ id: 'BoardResult' });

/** As commonly reported; Pinterest documents no limits. */
const boardNameLengthMax = 50;
const boardDescriptionLengthMax = 500;

const boardName = visibleText(boardNameLengthMax).meta({
  description: 'Board name, 1 to 50 characters, unique in the account.',
});
const boardDescription = text(boardDescriptionLengthMax)
  .nullable()
  .optional()
  .meta({ description: 'Board description, at most 500 characters; null for no description.' });
const isSecretBoard = z.boolean().optional().meta({
  description:
    "Whether only its members can see the board. Needs the permission boards:write_secret, which Pintail does not request on Pinterest's consent page.",
});

export const CreateBoardBody = z
  .strictObject({ name: boardName, description: boardDescription, isSecret: isSecretBoard })
  .meta({ id: 'CreateBoard' });
export type CreateBoard = z.output<typeof CreateBoardBody>;

export const UpdateBoardBody = z
  .strictObject({ name: boardName.optional(), description: boardDescription, isSecret: isSecretBoard })
  .refine((body) => Object.keys(body).length > 0, {
    params: { code: 'required' },
    error: 'Name at least one field to change.',
  })
  .meta({ id: 'UpdateBoard' });
export type UpdateBoard = z.output<typeof UpdateBoardBody>;

const SectionView = z
  .object({
    id: z.string().meta({ description: 'Section id on Pinterest.' }),
    name: z.string().meta({ description: 'Section name.' }),
  })
  .meta({ id: 'BoardSection' });

export const SectionList = z.object({ sections: z.array(SectionView) }).meta({ id: 'BoardSectionPage' });
export const SectionAnswer = z.object({ section: SectionView }).meta({ id: 'BoardSectionResult' });

export const CreateSectionBody = z
  .strictObject({
    name: visibleText(180).meta({ description: 'Section name, 1 to 180 characters.' }),
  })
  .meta({ id: 'CreateBoardSection' });
export type CreateSection = z.output<typeof CreateSectionBody>;

const deleted = z.literal(true);

export const DeletedBoardAnswer = z
  .object({ deleted, id: z.string().meta({ description: 'The id of the deleted board.' }) })
  .meta({ id: 'DeletedBoard' });
export const DeletedSectionAnswer = z
  .object({ deleted, id: z.string().meta({ description: 'The id of the deleted section.' }) })
  .meta({ id: 'DeletedBoardSection' });

/** A board as responses show it. */
export function toBoardView(
  row: BoardRow,
  { environment, hasFreshSections }: { environment: Environment; hasFreshSections: boolean },
): z.input<typeof BoardView> {
  return {
    id: row.id,
    name: row.name,
    isCollaborator: row.is_collaborator,
    isSecret: row.is_secret,
    description: row.description,
    sectionCount: hasFreshSections ? (sectionsOf(row)?.length ?? null) : null,
    pinCount: row.pin_count,
    url: environment === 'production' ? boardUrl(row) : null,
  };
}

/** A section as responses show it. */
export function toSectionView({ id, name }: Section): z.input<typeof SectionView> {
  return { id, name };
}

function boardUrl(row: BoardRow): string | null {
  const slug = row.name
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '');
  if (row.owner_username === null || slug === '') return null;
  return `https://www.pinterest.com/${encodeURIComponent(row.owner_username)}/${encodeURIComponent(slug)}/`;
}

import { z } from 'zod';
import type { Environment } from '../../pinterest/index.ts';
import { queryFlag, text } from '../../platform/http/contract/fields.ts';
import { AccountPath } from '../accounts/index.ts';
import { type BoardRow, type Section, sectionsOf } from './boards.queries.ts';

export const BoardPath = AccountPath.extend({
  boardId: z.string().meta({ description: 'Board id, as GET …/boards lists it.' }),
});

export const SectionPath = BoardPath.extend({
  sectionId: z.string().meta({ description: 'Section id, as GET …/sections lists it.' }),
});

export const BoardsQuery = z.strictObject({
  refresh: queryFlag.meta({ description: 'Read the boards from Pinterest again, however fresh they are.' }),
});

export const SectionsQuery = z.strictObject({
  refresh: queryFlag.meta({ description: 'Read the sections from Pinterest again, however fresh they are.' }),
});

export const DeleteBoardQuery = z.strictObject({
  confirm: queryFlag.meta({
    description: 'Must be `true`: the board and every Pin on it are deleted on Pinterest, for good.',
  }),
});

export const DeleteSectionQuery = z.strictObject({
  confirm: queryFlag.meta({
    description: 'Must be `true` when queued posts are meant for the section: they would fail.',
  }),
});

const BoardView = z
  .object({
    id: z.string().meta({ description: "Pinterest's id of the board." }),
    name: z.string().meta({ description: 'Board name.' }),
    isCollaborator: z.boolean().meta({ description: 'The account collaborates on a board of someone else.' }),
    isSecret: z.boolean().meta({ description: 'Only its members can see the board.' }),
    description: z.string().nullable().meta({ description: 'Board description.' }),
    sectionCount: z.int().nullable().meta({
      description:
        "How many sections it has. Pinterest's list of boards does not say; null until GET …/sections was asked, and ten minutes after it.",
    }),
    pinCount: z.int().nullable().meta({ description: "Pins on the board, by Pinterest's count." }),
    url: z.string().nullable().meta({
      description:
        'Where people see it, formed from its owner and name as Pinterest does, whose API does not say it. Null outside production.',
    }),
  })
  .meta({ id: 'Board' });

export const BoardsAnswer = z.object({ boards: z.array(BoardView) });
export const BoardAnswer = z.object({ board: BoardView });

/** By common report; Pinterest's document names no limits. */
const nameLengthMax = 50;
const descriptionLengthMax = 500;

const notBlank = (value: string) => value.trim() !== '';
const blank = { params: { code: 'too_short' }, error: 'Must not be blank.' };

const name = text(nameLengthMax).refine(notBlank, blank).meta({
  description: 'Board name, 1 to 50 characters. Two boards of an account cannot share one.',
});
const description = text(descriptionLengthMax)
  .nullable()
  .optional()
  .meta({ description: 'Board description, at most 500 characters; null for none.' });
const isSecret = z.boolean().optional().meta({
  description:
    "Whether only its members see it. Needs the permission boards:write_secret, which Pinterest's consent page is not asked for.",
});

export const CreateBoardBody = z.strictObject({ name, description, isSecret }).meta({ id: 'CreateBoard' });
export type CreateBoard = z.output<typeof CreateBoardBody>;

export const UpdateBoardBody = z
  .strictObject({ name: name.optional(), description, isSecret })
  .refine((body) => Object.keys(body).length > 0, {
    params: { code: 'required' },
    error: 'Name at least one field to change.',
  })
  .meta({ id: 'UpdateBoard' });
export type UpdateBoard = z.output<typeof UpdateBoardBody>;

const SectionView = z
  .object({
    id: z.string().meta({ description: "Pinterest's id of the section." }),
    name: z.string().meta({ description: 'Section name.' }),
  })
  .meta({ id: 'BoardSection' });

export const SectionList = z.object({ sections: z.array(SectionView) });
export const SectionAnswer = z.object({ section: SectionView });

export const CreateSectionBody = z
  .strictObject({
    name: text(180).refine(notBlank, blank).meta({ description: 'Section name, 1 to 180 characters.' }),
  })
  .meta({ id: 'CreateBoardSection' });
export type CreateSection = z.output<typeof CreateSectionBody>;

export const DeletedAnswer = z.object({
  deleted: z.literal(true),
  id: z.string().meta({ description: 'What was deleted.' }),
});

export function toBoardView(
  row: BoardRow,
  known: { environment: Environment; hasFreshSections: boolean },
): z.input<typeof BoardView> {
  return {
    id: row.id,
    name: row.name,
    isCollaborator: row.is_collaborator,
    isSecret: row.is_secret,
    description: row.description,
    sectionCount: known.hasFreshSections ? (sectionsOf(row)?.length ?? null) : null,
    pinCount: row.pin_count,
    url: known.environment === 'production' ? boardUrl(row) : null,
  };
}

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

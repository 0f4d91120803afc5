// Creates, updates and deletes boards and their sections (docs/pinterest.md#boards-and-paging).
import { z } from 'zod';
import { badParameter, boardNameTaken, missingScopes } from '../ground/refusal.ts';
import { type Answer, type Call, operationTable } from '../http/operation.ts';
import { check, digits } from '../http/parse.ts';
import type { Board, Section } from '../store/model.ts';
import { getBoard, getSection } from './access.ts';
import { boardsOf, boardView, sectionView } from './views.ts';

const boardPath = z.object({ board_id: digits });
const sectionPath = boardPath.extend({ section_id: digits });

const boardCreate = z.strictObject({
  name: z.string().min(1),
  description: z.string().nullish(),
  privacy: z.enum(['PUBLIC', 'PROTECTED', 'SECRET']).default('PUBLIC'),
  is_ads_only: z.boolean().default(false),
});
const boardUpdate = z.strictObject({
  name: z.string().min(1).optional(),
  description: z.string().nullish(),
  privacy: z.enum(['PUBLIC', 'SECRET']).optional(),
});
// `id` is read-only in Pinterest's document: it is accepted and ignored.
const sectionBody = z.strictObject({ name: z.string().min(1).max(180), id: z.string().optional() });

function createBoard(call: Call): Answer {
  const input = check(boardCreate, call.json());
  requireFreeName(call, input.name, null);
  requireShortTexts(call, input.name, input.description ?? '');
  requireSecretScope(call, input.privacy);
  const board: Board = {
    id: call.store.ids.next(),
    accountId: call.account.id,
    name: input.name,
    description: input.description ?? '',
    privacy: input.privacy,
    isAdsOnly: input.is_ads_only,
    createdAt: call.clock.now().toISOString(),
  };
  call.store.commit({ put: 'boards', row: board });
  return { status: 201, body: boardView(call, board) };
}

function updateBoard(call: Call): Answer {
  const path = check(boardPath, call.params);
  const input = check(boardUpdate, call.json());
  const board = getBoard(call, path.board_id, 'boards:read', 'boards:write');
  const name = input.name ?? board.name;
  const description = input.description === undefined ? board.description : (input.description ?? '');
  const privacy = input.privacy ?? board.privacy;
  requireFreeName(call, name, board.id);
  requireShortTexts(call, name, description);
  requireSecretScope(call, privacy);
  const row = { ...board, name, description, privacy };
  call.store.commit({ put: 'boards', row });
  return { status: 200, body: boardView(call, row) };
}

/** Deletes the board's sections and Pins too, in one commit. */
function deleteBoard(call: Call): Answer {
  const path = check(boardPath, call.params);
  const board = getBoard(call, path.board_id, 'boards:read', 'boards:write');
  const { store, clock } = call;
  const deletedAt = clock.now().toISOString();
  store.commit(
    { drop: 'boards', id: board.id },
    ...sectionsOf(call, board).map(({ id }) => ({ drop: 'sections' as const, id })),
    ...store.pinsOfBoard(board.id).map((pin) => ({ put: 'pins' as const, row: { ...pin, deletedAt } })),
  );
  return { status: 204 };
}

function createSection(call: Call): Answer {
  const path = check(boardPath, call.params);
  const { name } = check(sectionBody, call.json());
  const board = getBoard(call, path.board_id, 'boards:read', 'boards:write');
  const section = { id: call.store.ids.next(), boardId: board.id, name };
  call.store.commit({ put: 'sections', row: section });
  return { status: 201, body: sectionView(section) };
}

function updateSection(call: Call): Answer {
  const path = check(sectionPath, call.params);
  const { name } = check(sectionBody, call.json());
  const board = getBoard(call, path.board_id, 'boards:read', 'boards:write');
  const section = { ...getSection(call, board, path.section_id), name };
  call.store.commit({ put: 'sections', row: section });
  return { status: 200, body: sectionView(section) };
}

/** The Pins of the section remain on the board. Pinterest's behavior is not established. */
function deleteSection(call: Call): Answer {
  const path = check(sectionPath, call.params);
  const board = getBoard(call, path.board_id, 'boards:read', 'boards:write');
  const section = getSection(call, board, path.section_id);
  const pins = call.store.pinsOfBoard(board.id).filter((pin) => pin.boardSectionId === section.id);
  call.store.commit(
    { drop: 'sections', id: section.id },
    ...pins.map((pin) => ({ put: 'pins' as const, row: { ...pin, boardSectionId: null } })),
  );
  return { status: 204 };
}

function sectionsOf(call: Call, board: Board): Section[] {
  return [...call.store.rows.sections.values()].filter((section) => section.boardId === board.id);
}

function requireFreeName(call: Call, name: string, exceptId: string | null): void {
  const plain = (text: string) => text.trim().toLowerCase();
  const isTaken = boardsOf(call, call.account).some(
    (board) => board.id !== exceptId && plain(board.name) === plain(name),
  );
  if (isTaken) throw boardNameTaken();
}

function requireShortTexts(call: Call, name: string, description: string): void {
  const { nameLengthMax, descriptionLengthMax } = call.settings().boards;
  if (name.length > nameLengthMax) {
    throw badParameter(`Invalid request: 'name' is too long, constraint: maxLength=${nameLengthMax}`);
  }
  if (description.length > descriptionLengthMax) {
    throw badParameter(
      `Invalid request: 'description' is too long, constraint: maxLength=${descriptionLengthMax}`,
    );
  }
}

function requireSecretScope(call: Call, privacy: Board['privacy']): void {
  const needed = 'boards:write_secret';
  if (privacy === 'SECRET' && !call.token.scopes.includes(needed)) throw missingScopes([needed]);
}

export const boardWriteOperations = operationTable(
  { category: 'org_write', scopes: ['boards:read', 'boards:write'] },
  [
    ['boards/create', 'POST /boards', createBoard, { takesClientCredentials: true }],
    ['boards/update', 'PATCH /boards/:board_id', updateBoard, { takesClientCredentials: true }],
    ['boards/delete', 'DELETE /boards/:board_id', deleteBoard],
    ['board_sections/create', 'POST /boards/:board_id/sections', createSection],
    ['board_sections/update', 'PATCH /boards/:board_id/sections/:section_id', updateSection],
    ['board_sections/delete', 'DELETE /boards/:board_id/sections/:section_id', deleteSection],
  ],
);

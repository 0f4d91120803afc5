// Finds the boards and sections that a sheet names by name or id. Boards are read once for a sheet, and sections once for each
// board that is named with one.
import type { Caller } from '../../../../platform/use-case/index.ts';
import type { AccountRow } from '../../../accounts/index.ts';
import type { BoardsService } from '../../../boards/index.ts';
import type { Cells, RowContext } from './row.ts';

export interface PlaceParts {
  boards: Pick<BoardsService, 'list' | 'listSections'>;
}

interface Named {
  id: string;
  name: string;
}

/** Each board can cost a request to Pinterest. Rows with a section of a further board fail, and name ids. */
const boardsWithSectionsMax = 50;

/**
 * Returns how to find the places that these rows name. A name that is not found, or that several boards have, is returned
 * unchanged, so that the check of boards can suggest similar ones.
 * @throws accountNotFound, Outage when Pinterest does not answer and no list is stored
 */
export async function createPlaceFinder(
  { boards }: PlaceParts,
  caller: Caller,
  account: AccountRow,
  rows: readonly Cells[],
): Promise<RowContext['findPlace']> {
  const { data } = await boards.list(caller, account.id, { refresh: false });
  const findBoard = finder(data.boards);
  const split = (board: string, section: string | undefined) =>
    splitPlace(board.trim(), section?.trim(), findBoard);
  const withSections = new Set<string>();
  for (const { boardId, boardSectionId } of rows) {
    const { board, section } = split(boardId ?? '', boardSectionId);
    const id = section ? findBoard(board) : undefined;
    if (id !== undefined && withSections.size < boardsWithSectionsMax) withSections.add(id);
  }
  const sections = new Map(
    await Promise.all(
      Array.from(withSections, async (boardId): Promise<[string, ReturnType<typeof finder>]> => {
        const answer = await boards.listSections(caller, { accountId: account.id, boardId });
        return [boardId, finder(answer.data.sections)];
      }),
    ),
  );
  return (text, sectionText) => {
    const { board, section } = split(text, sectionText);
    const boardId = findBoard(board) ?? board;
    if (!section) return { boardId };
    return { boardId, boardSectionId: sections.get(boardId)?.(section) ?? section };
  };
}

/** Finds by id, or by a name that only one has. */
function finder(all: readonly Named[]): (nameOrId: string) => string | undefined {
  const idsByName = new Map<string, string[]>();
  for (const { id, name } of all) {
    idsByName.set(name.toLowerCase(), [...(idsByName.get(name.toLowerCase()) ?? []), id]);
  }
  const ids = new Set(all.map(({ id }) => id));
  return (nameOrId) => {
    if (ids.has(nameOrId)) return nameOrId;
    const matches = idsByName.get(nameOrId.toLowerCase()) ?? [];
    return matches.length === 1 ? matches[0] : undefined;
  };
}

/** `Recipes/Desserts` is the section Desserts of the board Recipes, unless a board has the whole name. */
function splitPlace(
  board: string,
  section: string | undefined,
  findBoard: (nameOrId: string) => string | undefined,
): { board: string; section: string | undefined } {
  if (section || findBoard(board) !== undefined) return { board, section };
  for (let at = board.indexOf('/'); at > 0; at = board.indexOf('/', at + 1)) {
    const name = board.slice(0, at).trim();
    if (findBoard(name) !== undefined) return { board: name, section: board.slice(at + 1).trim() };
  }
  return { board, section };
}

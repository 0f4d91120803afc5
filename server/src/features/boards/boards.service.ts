// Use cases of boards and their sections. A change is made on Pinterest first; what is kept here follows it.
import type { Tx } from '../../platform/db/index.ts';
import { Outage } from '../../platform/errors.ts';
import { type Caller, type Commit, invalidQuery, type Warning } from '../../platform/use-case/index.ts';
import { type AccountRow, environmentOf } from '../accounts/index.ts';
import { type BoardsParts, createBoardCache, type Outcome, toRow } from './board-cache.ts';
import { boardNotFound, refusalFor, sectionInUse, sectionNotFound } from './boards.errors.ts';
import {
  type BoardRow,
  changeSections,
  countQueuedPosts,
  dropBoard,
  dropBoards,
  findBoard,
  keepBoard,
  listBoards,
  sectionsOf,
} from './boards.queries.ts';
import {
  type CreateBoard,
  type CreateSection,
  toBoardView,
  toSectionView,
  type UpdateBoard,
} from './boards.schema.ts';
import { createCheckBoard } from './check-board.ts';

export type BoardsService = ReturnType<typeof createBoards>;

interface BoardPath {
  accountId: string;
  boardId: string;
}

export function createBoards(parts: BoardsParts) {
  const { database, accounts } = parts;
  const cache = createBoardCache(parts);
  const { check, checkAll, checkSection } = createCheckBoard({ database, cache });

  function toView(account: AccountRow, row: BoardRow) {
    const hasFreshSections = cache.hasFreshSections(row);
    return toBoardView(row, { environment: environmentOf(account), hasFreshSections });
  }

  /** @throws boardNotFound, or accountNotFound, for what the caller may not see. */
  async function get(caller: Caller, path: BoardPath): Promise<{ account: AccountRow; board: BoardRow }> {
    const account = await accounts.get(database.db, caller, path.accountId);
    if ((await check(account, path.boardId)) !== null) throw boardNotFound();
    const board = await findBoard(database.db, account.id, path.boardId);
    if (!board) throw boardNotFound();
    return { account, board };
  }

  /** The value of a change, or its refusal. Whatever became of it, what is kept here follows. */
  async function settle<T>(account: AccountRow, outcome: Outcome<T>, sectionsOfBoard?: string): Promise<T> {
    if (outcome.kind === 'ok') return outcome.value;
    await cache.refresh(account);
    if (sectionsOfBoard !== undefined) await cache.refreshSections(account, sectionsOfBoard);
    throw refusalFor(outcome.failure);
  }

  return {
    check,
    checkAll,
    checkSection,

    /** The account is being disconnected. */
    forget: (tx: Tx, account: AccountRow): Promise<void> => dropBoards(tx, account.id),

    async list(caller: Caller, accountId: string, input: { refresh: boolean }) {
      const account = await accounts.get(database.db, caller, accountId);
      const warnings: Warning[] = [];
      if (input.refresh || !cache.hasFreshBoards(account)) {
        const failure = await cache.refresh(account);
        if (failure) {
          if (account.boards_fetched_at === null) throw new Outage('The list of boards on Pinterest');
          warnings.push({
            code: 'boards_not_refreshed',
            message: `These boards are from ${account.boards_fetched_at.toISOString()}. ${failure.message} ${failure.remediation}`,
          });
        }
      }
      const rows = await listBoards(database.db, account.id);
      return { data: { boards: rows.map((row) => toView(account, row)) }, warnings };
    },

    async create(caller: Caller, accountId: string, input: CreateBoard, commit: Commit) {
      const account = await accounts.get(database.db, caller, accountId);
      const outcome = await cache.ask(account, (client, token) =>
        client.createBoard(token, {
          name: input.name,
          ...(input.description != null && { description: input.description }),
          privacy: input.isSecret ? 'SECRET' : 'PUBLIC',
        }),
      );
      const made = await settle(account, outcome);
      return commit(async (tx) => {
        const row = await keepBoard(tx, account.id, toRow(made, account));
        return { data: { board: toView(account, row) } };
      });
    },

    async update(caller: Caller, path: BoardPath, input: UpdateBoard, commit: Commit) {
      const { account, board } = await get(caller, path);
      const outcome = await cache.ask(account, (client, token) =>
        client.updateBoard(token, board.id, {
          ...(input.name !== undefined && { name: input.name }),
          ...(input.description !== undefined && { description: input.description }),
          ...(input.isSecret !== undefined && { privacy: input.isSecret ? 'SECRET' : 'PUBLIC' }),
        }),
      );
      const changed = await settle(account, outcome);
      return commit(async (tx) => {
        const row = await keepBoard(tx, account.id, toRow(changed, account));
        return { data: { board: toView(account, row) } };
      });
    },

    /** Takes the board's Pins with it, so it asks for a word of confirmation, saying what would be lost. */
    async delete(caller: Caller, path: BoardPath, input: { confirm: boolean }, commit: Commit) {
      const { account, board } = await get(caller, path);
      const queued = await countQueuedPosts(database.db, account.id, { boardId: board.id });
      if (!input.confirm) {
        const pins = board.pin_count === null ? 'every Pin on it' : `its ${counted(board.pin_count, 'Pin')}`;
        throw invalidQuery([
          {
            path: 'confirm',
            code: 'required',
            message: `${JSON.stringify(board.name)} with ${pins} would be gone from Pinterest for good, and ${counted(queued, 'queued post')} would fail. Send \`?confirm=true\` if that is what you want.`,
          },
        ]);
      }
      await settle(account, await cache.ask(account, (client, token) => client.deleteBoard(token, board.id)));
      return commit(async (tx) => {
        await dropBoard(tx, account.id, board.id);
        return { data: { deleted: true as const, id: board.id }, warnings: warningOf(queued, 'board') };
      });
    },

    async listSections(caller: Caller, path: BoardPath, input: { refresh: boolean }) {
      const { account, board } = await get(caller, path);
      const warnings: Warning[] = [];
      let sections = sectionsOf(board);
      if (input.refresh || !cache.hasFreshSections(board)) {
        const failure = await cache.refreshSections(account, board.id);
        if (failure?.reason === 'board_not_found') throw boardNotFound();
        if (failure && sections === null) throw new Outage('The list of sections on Pinterest');
        if (failure) {
          warnings.push({
            code: 'sections_not_refreshed',
            message: `These sections are from ${board.sections_fetched_at?.toISOString()}. ${failure.message} ${failure.remediation}`,
          });
        }
        const row = await findBoard(database.db, account.id, board.id);
        sections = (row && sectionsOf(row)) ?? sections;
      }
      return { data: { sections: (sections ?? []).map(toSectionView) }, warnings };
    },

    async createSection(caller: Caller, path: BoardPath, input: CreateSection, commit: Commit) {
      const { account, board } = await get(caller, path);
      const outcome = await cache.ask(account, (client, token) =>
        client.createBoardSection(token, board.id, input.name),
      );
      const section = await settle(account, outcome, board.id);
      return commit(async (tx) => {
        const place = { accountId: account.id, boardId: board.id };
        await changeSections(tx, place, (all) => [...all, toSectionView(section)]);
        return { data: { section: toSectionView(section) } };
      });
    },

    async deleteSection(
      caller: Caller,
      path: BoardPath & { sectionId: string },
      input: { confirm: boolean },
      commit: Commit,
    ) {
      const { account, board } = await get(caller, path);
      if ((await checkSection(account, board.id, path.sectionId)) !== null) throw sectionNotFound();
      const id = path.sectionId;
      const queued = await countQueuedPosts(database.db, account.id, { boardId: board.id, sectionId: id });
      if (queued > 0 && !input.confirm) {
        throw sectionInUse([
          {
            path: 'confirm',
            code: 'section_in_use',
            message: `${counted(queued, 'queued post')} would fail. Edit or unschedule them, or send \`?confirm=true\`.`,
          },
        ]);
      }
      const outcome = await cache.ask(account, (client, token) =>
        client.deleteBoardSection(token, board.id, id),
      );
      await settle(account, outcome, board.id);
      return commit(async (tx) => {
        const place = { accountId: account.id, boardId: board.id };
        await changeSections(tx, place, (all) => all.filter((section) => section.id !== id));
        return { data: { deleted: true as const, id }, warnings: warningOf(queued, 'section') };
      });
    },
  };
}

const queuedWithout = {
  board: 'queued_posts_without_board',
  section: 'queued_posts_without_section',
} as const;

function warningOf(queued: number, what: 'board' | 'section'): Warning[] {
  if (queued === 0) return [];
  const message = `${counted(queued, 'queued post')} meant for this ${what} will fail unless you edit or unschedule them.`;
  return [{ code: queuedWithout[what], message }];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

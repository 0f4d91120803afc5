// The memory of the simulator: tables in memory, each change first in the journal.
// One commit is one line of the journal, so a crash never leaves half a change.

import { createIdMaker, type IdMaker } from './ids.ts';
import { type Journal, openJournal, readJournal } from './journal.ts';
import { type Account, type Pin, type TableName, type Tables, tableNames } from './model.ts';

type Change = { [T in TableName]: { put: T; row: Tables[T] } | { drop: T; id: string } }[TableName];

/** Small values that are no table: switches, the clock's offset. */
type Keep = { keep: string; value: unknown };
type Entry = Change[] | Keep | 'reset';

type Rows = { [T in TableName]: Map<string, Tables[T]> };

export interface Store {
  rows: Rows;
  ids: IdMaker;
  commit(...changes: Change[]): void;
  keep(key: string, value: unknown): void;
  kept(key: string): unknown;
  reset(): void;
  close(): void;
  /** Existing Pins of a board, its sections' included, oldest first. */
  pinsOfBoard(boardId: string): Pin[];
  pinsOfAccount(accountId: string): Pin[];
  findAccount(username: string, environment: Account['environment']): Account | undefined;
  /**
   * Takes the journal over, with all that is known by now. Called once the port is ours: a second simulator
   * started by mistake on the same file must fail at the port, not replace a journal that is in use.
   */
  startJournal(): void;
}

export function openStore(dataFile: string | undefined, realNowMs: () => number): Store {
  const rows = emptyRows();
  const keeps = new Map<string, unknown>();
  const ids = createIdMaker(realNowMs);
  // Tokens and Pins are looked up on every call: these follow the tables.
  const pinsByBoard = new Map<string, Set<string>>();
  const pinsByAccount = new Map<string, Set<string>>();

  const apply = (entry: Entry): void => {
    if (entry === 'reset') {
      for (const name of tableNames) rows[name].clear();
      keeps.clear();
      pinsByBoard.clear();
      pinsByAccount.clear();
    } else if (Array.isArray(entry)) {
      for (const change of entry) applyChange(change);
    } else {
      keeps.set(entry.keep, entry.value);
    }
  };

  const applyChange = (change: Change): void => {
    if ('drop' in change) {
      rows[change.drop].delete(change.id);
      return;
    }
    if (change.put === 'pins') {
      const before = rows.pins.get(change.row.id);
      if (before) {
        pinsByBoard.get(before.boardId)?.delete(before.id);
        pinsByAccount.get(before.accountId)?.delete(before.id);
      }
      if (change.row.deletedAt === null) {
        addTo(pinsByBoard, change.row.boardId, change.row.id);
        addTo(pinsByAccount, change.row.accountId, change.row.id);
      }
    }
    const table = rows[change.put] as Map<string, Tables[TableName]>;
    table.set(change.row.id, change.row);
    if (/^\d{1,19}$/.test(change.row.id)) ids.taken(change.row.id);
  };

  let journal: Journal | undefined;
  if (dataFile !== undefined) {
    for (const entry of readJournal(dataFile)) apply(entry as Entry);
  }
  const write = (entry: Entry): void => {
    journal?.append(entry);
    apply(entry);
  };

  const livePins = (index: Map<string, Set<string>>, id: string): Pin[] =>
    [...(index.get(id) ?? [])].map((pinId) => rows.pins.get(pinId)).filter((pin) => pin !== undefined);

  return {
    rows,
    ids,
    commit: (...changes) => write(changes),
    keep: (key, value) => write({ keep: key, value }),
    kept: (key) => keeps.get(key),
    reset: () => write('reset'),
    startJournal: () => {
      if (dataFile !== undefined) journal ??= openJournal(dataFile, snapshot(rows, keeps));
    },
    close: () => journal?.close(),
    pinsOfBoard: (boardId) => livePins(pinsByBoard, boardId),
    pinsOfAccount: (accountId) => livePins(pinsByAccount, accountId),
    findAccount: (username, environment) => {
      for (const account of rows.accounts.values()) {
        const isSame = account.username === username && account.environment === environment;
        if (isSame && account.state !== 'deleted') return account;
      }
      return undefined;
    },
  };
}

function emptyRows(): Rows {
  return {
    apps: new Map(),
    accounts: new Map(),
    boards: new Map(),
    sections: new Map(),
    tokens: new Map(),
    codes: new Map(),
    pins: new Map(),
    media: new Map(),
    spamBlocks: new Map(),
  };
}

function snapshot(rows: Rows, keeps: Map<string, unknown>): Entry[] {
  const entries: Entry[] = [];
  for (const [key, value] of keeps) entries.push({ keep: key, value });
  for (const name of tableNames) {
    for (const row of rows[name].values()) entries.push([{ put: name, row } as Change]);
  }
  return entries;
}

function addTo(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key);
  if (ids) ids.add(id);
  else index.set(key, new Set([id]));
}

// The simulator's tables, in memory. Each change is appended to the journal before it is applied.
// One commit is one line of the journal, so a crash never leaves half a change.
import { createIdMaker, type IdMaker } from './ids.ts';
import { type Journal, openJournal, readJournal } from './journal.ts';
import { type Account, type Pin, type TableName, type Tables, tableNames } from './model.ts';

type Change = { [T in TableName]: { put: T; row: Tables[T] } | { drop: T; id: string } }[TableName];

/** A single value outside the tables: the settings, the clock's offset. */
type Value = { keep: string; value: unknown };
type Entry = Change[] | Value | 'reset';

type Rows = { [T in TableName]: Map<string, Tables[T]> };

export interface Store {
  rows: Rows;
  ids: IdMaker;
  commit(...changes: Change[]): void;
  setValue(key: string, value: unknown): void;
  getValue(key: string): unknown;
  reset(): void;
  close(): void;
  /** Returns the existing Pins of a board and its sections, oldest first. */
  pinsOfBoard(boardId: string): Pin[];
  pinsOfAccount(accountId: string): Pin[];
  findAccount(username: string, environment: Account['environment']): Account | undefined;
  /**
   * Replaces the journal with the rows in memory, and appends from then on. Called once the port is open: a second
   * simulator started by mistake on the same file must fail at the port, not replace a journal that is in use.
   */
  startJournal(): void;
}

export function openStore(dataFile: string | undefined, realNowMs: () => number): Store {
  const rows = emptyRows();
  const values = new Map<string, unknown>();
  const ids = createIdMaker(realNowMs);
  // Every call reads Pins by board or account; these indexes follow the tables.
  const pinsByBoard = new Map<string, Set<string>>();
  const pinsByAccount = new Map<string, Set<string>>();

  function apply(entry: Entry): void {
    if (entry === 'reset') {
      for (const name of tableNames) rows[name].clear();
      values.clear();
      pinsByBoard.clear();
      pinsByAccount.clear();
    } else if (Array.isArray(entry)) {
      for (const change of entry) applyChange(change);
    } else {
      values.set(entry.keep, entry.value);
    }
  }

  function applyChange(change: Change): void {
    if ('drop' in change) {
      rows[change.drop].delete(change.id);
      return;
    }
    if (change.put === 'pins') {
      const previous = rows.pins.get(change.row.id);
      if (previous) {
        pinsByBoard.get(previous.boardId)?.delete(previous.id);
        pinsByAccount.get(previous.accountId)?.delete(previous.id);
      }
      if (change.row.deletedAt === null) {
        addTo(pinsByBoard, change.row.boardId, change.row.id);
        addTo(pinsByAccount, change.row.accountId, change.row.id);
      }
    }
    const table = rows[change.put] as Map<string, Tables[TableName]>;
    table.set(change.row.id, change.row);
    if (/^\d{1,19}$/.test(change.row.id)) ids.reserve(change.row.id);
  }

  let journal: Journal | undefined;
  if (dataFile !== undefined) {
    for (const entry of readJournal(dataFile)) apply(entry as Entry);
  }
  function write(entry: Entry): void {
    journal?.append(entry);
    apply(entry);
  }

  function pinsIn(index: Map<string, Set<string>>, id: string): Pin[] {
    return [...(index.get(id) ?? [])].map((pinId) => rows.pins.get(pinId)).filter((pin) => pin !== undefined);
  }

  return {
    rows,
    ids,
    commit: (...changes) => write(changes),
    setValue: (key, value) => write({ keep: key, value }),
    getValue: (key) => values.get(key),
    reset: () => write('reset'),
    startJournal() {
      if (dataFile !== undefined) journal ??= openJournal(dataFile, snapshot(rows, values));
    },
    close: () => journal?.close(),
    pinsOfBoard: (boardId) => pinsIn(pinsByBoard, boardId),
    pinsOfAccount: (accountId) => pinsIn(pinsByAccount, accountId),
    findAccount(username, environment) {
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

function snapshot(rows: Rows, values: Map<string, unknown>): Entry[] {
  const entries: Entry[] = [];
  for (const [key, value] of values) entries.push({ keep: key, value });
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

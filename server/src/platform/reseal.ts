// Encrypts rows with the current key that were encrypted with an older one, while other processes may use and change
// them.
import type { Connection } from './db/index.ts';

export interface Resealed {
  resealed: number;
  /** The names of the rows that none of the keys can decrypt, for the report. */
  unreadable: string[];
}

export interface Reseal<Row extends { id: string }, Sealed> {
  /** Returns the next rows after an id that were encrypted with another key, ordered by id. */
  list(connection: Connection, page: { keyId: Buffer; after: string; limit: number }): Promise<Row[]>;
  /** Returns the row's columns encrypted with the current key. Throws if no key can decrypt them. */
  seal(row: Row): Sealed;
  /** Stores the columns, unless the row has changed since. Returns whether it did. */
  replace(connection: Connection, row: Row, sealed: Sealed): Promise<boolean>;
  nameOf(row: Row): string;
}

const batch = 100;

/**
 * Can be interrupted at any moment and called again: each row is changed by one statement. Values stored meanwhile have
 * the current key, or are found by the next call.
 */
export async function resealRows<Row extends { id: string }, Sealed>(
  connection: Connection,
  keyId: Buffer,
  { list, seal, replace, nameOf }: Reseal<Row, Sealed>,
): Promise<Resealed> {
  const unreadable: string[] = [];
  let resealed = 0;
  for (let after = ''; ; ) {
    const rows = await list(connection, { keyId, after, limit: batch });
    for (const row of rows) {
      after = row.id;
      const sealed = sealedOrNull(() => seal(row));
      if (!sealed) unreadable.push(nameOf(row));
      else if (await replace(connection, row, sealed)) resealed += 1;
    }
    if (rows.length < batch) return { resealed, unreadable };
  }
}

function sealedOrNull<Sealed>(seal: () => Sealed): Sealed | null {
  try {
    return seal();
  } catch {
    return null;
  }
}

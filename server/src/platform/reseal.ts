// Encrypts rows with the present key that were encrypted with an older one, while others may use and change them.
import type { Connection } from './db/index.ts';

export interface Resealed {
  resealed: number;
  /** The rows that none of the keys opens, by their names in the report. */
  unreadable: string[];
}

export interface Reseal<Row extends { id: string }, Sealed> {
  /** The next rows after an id that were encrypted with another key, by their ids. */
  list(connection: Connection, page: { keyId: Buffer; after: string; limit: number }): Promise<Row[]>;
  /** The row's columns with the present key. Throws when no key opens them. */
  seal(row: Row): Sealed;
  /** Writes them, unless others were stored meanwhile; whether it did. */
  replace(connection: Connection, row: Row, sealed: Sealed): Promise<boolean>;
  nameOf(row: Row): string;
}

const batch = 100;

/**
 * May be stopped at any moment and called again: each row is changed by one statement. What was stored meanwhile has
 * the present key, or is found by the next call.
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

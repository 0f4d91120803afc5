// Names frequent statements, so that PostgreSQL parses and plans them once per connection. Both together are more than
// half of the cost of a short statement. Queries need no changes for it.
import { Outage } from '../errors.ts';

/** A statement gets a name after this number of uses. */
const runsBeforeNamed = 5;
/** Each name uses memory in each connection, and lists of different lengths produce any number of statements. */
const namedMax = 300;
const countedMax = 2_000;

export interface Statement {
  name?: string;
  text: string;
  values: readonly unknown[];
}

export interface NamedStatements {
  /** Returns the query for the driver. */
  of(text: string, values: readonly unknown[]): Statement;
  /**
   * Returns the error to throw instead of `error`. If PostgreSQL refuses a name, because a migration changed the result
   * type of its statement or a proxy lost the name, all statements get new names.
   */
  failed(error: unknown): unknown;
}

/** invalid_sql_statement_name, and feature_not_supported, which PostgreSQL also uses for other errors. */
function isForgotten(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return (
    error.code === '26000' || (error.code === '0A000' && /cached plan must not change/.test(error.message))
  );
}

/** Creates the names for all connections of a pool. The driver records which connection has which name. */
export function createNamedStatements(): NamedStatements {
  const runs = new Map<string, number>();
  const names = new Map<string, string>();
  let lastName = 0;

  function nameOf(text: string): string | undefined {
    const existing = names.get(text);
    if (existing !== undefined || names.size >= namedMax) return existing;
    const count = (runs.get(text) ?? 0) + 1;
    if (count < runsBeforeNamed) {
      if (runs.size >= countedMax) runs.clear();
      runs.set(text, count);
      return undefined;
    }
    runs.delete(text);
    lastName += 1;
    const name = `pintail_${lastName}`;
    names.set(text, name);
    return name;
  }

  return {
    of(text, values) {
      const name = nameOf(text);
      return name === undefined ? { text, values } : { name, text, values };
    },
    failed(error) {
      if (!isForgotten(error)) return error;
      names.clear();
      return new Outage('The database', error);
    },
  };
}

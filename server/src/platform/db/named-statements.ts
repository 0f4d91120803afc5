// Statements that come again and again get a name. PostgreSQL then parses and plans them once per connection, which
// is more than half of what short statements cost it. Who writes a query need not know of it.
import { Outage } from '../errors.ts';

/** A statement is worth a name when it has come this often. */
const runsBeforeNamed = 5;
/** Each takes memory in each connection. Lists of different lengths make different statements without end. */
const namedMax = 300;
const countedMax = 2_000;

export interface Statement {
  name?: string;
  text: string;
  values: readonly unknown[];
}

export interface NamedStatements {
  /** What to send to the driver for a statement with parameters. */
  of(text: string, values: readonly unknown[]): Statement;
  /**
   * The error to throw instead of `error`. A migration by a newer version may change what a known statement would
   * answer, which PostgreSQL refuses once; and what sits between may have forgotten our names. Then all get new ones.
   */
  failed(error: unknown): unknown;
}

/** invalid_sql_statement_name, and feature_not_supported, which PostgreSQL also says for other things. */
function isForgotten(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return (
    error.code === '26000' || (error.code === '0A000' && /cached plan must not change/.test(error.message))
  );
}

/** For all connections of a pool: the driver keeps account of which of them knows which name. */
export function createNamedStatements(): NamedStatements {
  const runs = new Map<string, number>();
  const names = new Map<string, string>();
  let lastName = 0;

  function nameOf(text: string): string | undefined {
    const known = names.get(text);
    if (known !== undefined || names.size >= namedMax) return known;
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

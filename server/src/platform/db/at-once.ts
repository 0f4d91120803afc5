// Statements that are sent without waiting for each other's responses: together they cost one round trip.
import type { CompiledQuery, Kysely } from 'kysely';
import type { Schema } from './schema.gen.ts';

/** Returns the rows of a statement, or throws its error. */
export type Answer<Row> = () => Row[];

type Answers<Rows extends readonly unknown[]> = { [Index in keyof Rows]: Answer<Rows[Index]> };

/**
 * Runs statements on one connection, in order, each with its own snapshot. Resolves when all have completed. In a
 * transaction, the statements after a failed one fail as well, so read the results in order.
 */
export async function atOnce<const Rows extends readonly unknown[]>(
  connection: Pick<Kysely<Schema>, 'getExecutor'>,
  statements: { readonly [Index in keyof Rows]: CompiledQuery<Rows[Index]> },
): Promise<Answers<Rows>> {
  const results = await connection
    .getExecutor()
    .provideConnection((connection) =>
      Promise.allSettled(statements.map((statement) => connection.executeQuery<unknown>(statement))),
    );
  return results.map((result) => () => {
    if (result.status === 'rejected') throw result.reason;
    return result.value.rows;
  }) as unknown as Answers<Rows>;
}

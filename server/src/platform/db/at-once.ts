// Statements that do not wait for each other's answers: they take one way there and back together.
import type { CompiledQuery, Kysely } from 'kysely';
import type { Schema } from './schema.gen.ts';

/** Yields the rows of a statement, or throws what it failed with. */
export type Answer<Row> = () => Row[];

type Answers<Rows extends readonly unknown[]> = { [Index in keyof Rows]: Answer<Rows[Index]> };

/**
 * All on one connection, each after the one before it and with a snapshot of its own. Gives their answers when all are
 * there; in a transaction those behind a failed one have failed as well, so the answers are to be asked in their order.
 */
export async function atOnce<const Rows extends readonly unknown[]>(
  connection: Pick<Kysely<Schema>, 'getExecutor'>,
  statements: { readonly [Index in keyof Rows]: CompiledQuery<Rows[Index]> },
): Promise<Answers<Rows>> {
  const settled = await connection
    .getExecutor()
    .provideConnection((one) =>
      Promise.allSettled(statements.map((statement) => one.executeQuery<unknown>(statement))),
    );
  return settled.map((end) => () => {
    if (end.status === 'rejected') throw end.reason;
    return end.value.rows;
  }) as unknown as Answers<Rows>;
}

// Statements of a transaction that do not wait for each other's answers: they take one way there and back together.
import type { CompiledQuery } from 'kysely';
import type { Tx } from './open-database.ts';

/** Yields the rows of a statement, or throws what it failed with. */
export type Answer<Row> = () => Row[];

/**
 * Each statement runs after the one before it, with a snapshot of its own. Gives their answers when all are there; those
 * behind a failed one have failed as well, so the answers are to be asked in their order.
 */
export async function atOnce<First, Second>(
  tx: Tx,
  first: CompiledQuery<First>,
  second: CompiledQuery<Second>,
): Promise<[Answer<First>, Answer<Second>]> {
  const [one, two] = await tx
    .getExecutor()
    .provideConnection((connection) =>
      Promise.allSettled([connection.executeQuery<First>(first), connection.executeQuery<Second>(second)]),
    );
  return [answerOf(one), answerOf(two)];
}

function answerOf<Row>(settled: PromiseSettledResult<{ rows: Row[] }>): Answer<Row> {
  return () => {
    if (settled.status === 'rejected') throw settled.reason;
    return settled.value.rows;
  };
}

// Reports the refusals of several checks together, so that callers can correct everything at once.
import { Refusal } from '../../../platform/errors.ts';

/** Waits for all. Refusals of the same kind become one that tells everything; whatever else was thrown goes first. */
export async function allOrRefuse<T extends readonly unknown[]>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled(work);
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (errors.length > 0) throw asOne(errors);
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
    -readonly [K in keyof T]: Awaited<T[K]>;
  };
}

/** What to throw for all of these. */
export function asOne(errors: readonly unknown[]): unknown {
  const [first] = errors;
  const refusals = errors.filter((error) => error instanceof Refusal);
  if (!(first instanceof Refusal) || refusals.length < errors.length) {
    return errors.find((error) => !(error instanceof Refusal));
  }
  const same = refusals.filter((error) => error.declaration === first.declaration);
  return new Refusal(
    first.declaration,
    same.flatMap((error) => error.details),
  );
}

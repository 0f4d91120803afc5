// Reports the refusals of several checks together, so that callers can correct everything at once.
import { Refusal } from '../errors.ts';

/** Waits for all results. Throws what `asOneRefusal` returns when some failed. */
export async function allOrRefuse<T extends readonly unknown[]>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled(work);
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (errors.length > 0) throw asOneRefusal(errors);
  return Promise.all(work);
}

/**
 * Returns the error to throw for several: the first that is not a refusal, otherwise the first refusal with the details of
 * all refusals of its kind.
 */
export function asOneRefusal(errors: readonly unknown[]): unknown {
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

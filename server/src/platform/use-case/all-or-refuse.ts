// Reports the refusals of several checks together, so that callers can correct everything at once.
import { Refusal } from '../errors.ts';

/** Waits for all results. If some failed, throws the error that `asOneRefusal` returns. */
export async function allOrRefuse<T extends readonly unknown[]>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled(work);
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (errors.length > 0) throw asOneRefusal(errors);
  return Promise.all(work);
}

/**
 * Combines several errors into the one to throw: the first that is not a refusal, otherwise the first refusal with the
 * details of all refusals with the same declaration.
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

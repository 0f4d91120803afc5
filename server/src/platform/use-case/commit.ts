// The result of a use case, and the transaction that produces it.
import type { Tx } from '../db/index.ts';

/** A note about accepted input that needs attention. */
export interface Warning {
  /** Stable, for programs: `link_shortener`. */
  code: string;
  /** For people: the problem and the remedy. */
  message: string;
}

/** The result of a use case. HTTP wraps it in an envelope. */
export interface Result<Data> {
  data: Data;
  warnings?: readonly Warning[];
  /** The version of the data, in quotes, as an entity tag. */
  etag?: string;
}

/**
 * Runs the transaction of a use case that changes something. Over HTTP, the response to an `Idempotency-Key` is stored
 * in the same transaction, so that effect and response commit together. A use case calls it at most once and last: the
 * result of `work` is the result of the use case.
 */
export type Commit = <Data>(work: (tx: Tx) => Promise<Result<Data>>) => Promise<Result<Data>>;

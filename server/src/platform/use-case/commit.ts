// What a use case returns, and the transaction that it returns it from.
import type { Tx } from '../db/index.ts';

/** Something that was accepted and deserves attention. */
export interface Warning {
  /** Stable, for programs: `link_shortener`. */
  code: string;
  /** For people: what it is about and what to do. */
  message: string;
}

export interface Result<Data> {
  data: Data;
  warnings?: readonly Warning[];
  /** The version of what is answered, in quotes, as an entity tag. */
  etag?: string;
}

/**
 * Runs the transaction of a use case that changes something. Over HTTP the answer to an `Idempotency-Key` is stored in
 * the same transaction, so effect and answer commit together. A use case calls it at most once, as its last act: what
 * `work` returns is the answer.
 */
export type Commit = <Data>(work: (tx: Tx) => Promise<Result<Data>>) => Promise<Result<Data>>;

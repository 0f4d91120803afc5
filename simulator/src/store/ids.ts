// Identifiers as Pinterest makes them: long strings of digits, above 2^53, so that a client
// which reads one as a number breaks here and not in production (docs/pinterest.md#simulated-behavior, no. 15).

import { createHash, randomBytes, randomInt } from 'node:crypto';

export interface IdMaker {
  next(): string;
  /** Never hand out this id, nor one below it if it is one of ours. */
  taken(id: string): void;
}

/** Ids made by a simulator lie in this range; a seeded id outside it is left alone. */
const firstId = 810_000_000_000_000_000n;
const lastId = 8_999_999_999_999_999_999n;

export function createIdMaker(nowMs: () => number): IdMaker {
  let last = firstId;
  return {
    next: () => {
      // The real moment keeps ids of one run apart from those of the next, also after a reset.
      const fromTime = firstId + BigInt(nowMs()) * 100_000n + BigInt(randomInt(99_999));
      last = fromTime > last ? fromTime : last + BigInt(randomInt(1, 1_000));
      return last.toString();
    },
    taken: (id) => {
      const value = BigInt(id);
      if (value > last && value < lastId) last = value;
    },
  };
}

/** Sorts ids by their number without reading them as one. */
export function compareIds(left: string, right: string): number {
  if (left.length !== right.length) return left.length - right.length;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

export function fingerprint(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

export function newSecret(prefix: 'pina_' | 'pinr_'): string {
  return prefix + randomBytes(32).toString('base64url');
}

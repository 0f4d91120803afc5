// Ids in Pinterest's form: long strings of digits, above 2^53, so that a client that reads an id
// as a number fails here and not in production (docs/pinterest.md#simulated-behavior, no. 15).
import { createHash, randomBytes, randomInt } from 'node:crypto';

export interface IdMaker {
  next(): string;
  /** Later ids differ from this one, and are higher if it is in the simulator's range. */
  reserve(id: string): void;
}

/** The range of generated ids. A seeded id outside it does not change the sequence. */
const firstId = 810_000_000_000_000_000n;
const lastId = 8_999_999_999_999_999_999n;

export function createIdMaker(nowMs: () => number): IdMaker {
  let last = firstId;
  return {
    next() {
      // The machine's time separates the ids of one run from those of the next, also after a reset.
      const fromTime = firstId + BigInt(nowMs()) * 100_000n + BigInt(randomInt(99_999));
      last = fromTime > last ? fromTime : last + BigInt(randomInt(1, 1_000));
      return last.toString();
    },
    reserve(id) {
      const value = BigInt(id);
      if (value > last && value < lastId) last = value;
    },
  };
}

/** Compares ids by their numeric value, as strings. */
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

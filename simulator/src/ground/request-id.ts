// Request ids: sixteen digits, as in `x-pinterest-rid`.
import { randomInt } from 'node:crypto';

export function newRequestId(): string {
  return `${randomInt(1_000_000, 9_999_999)}${randomInt(100_000_000, 999_999_999)}`;
}

// The form of an API key: prefix, 256 random bits, checksum. The checksum distinguishes a mistyped key from a real one
// without a query, and lets scanners recognize leaked keys.
import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** `pt_test_` for an installation that uses the simulator, `pt_live_` for one that uses Pinterest. */
export type KeyPrefix = 'pt_live_' | 'pt_test_';

/** The prefix of keys that Pinterest's own environments accept. */
export const livePrefix = 'pt_live_';

/** The prefix of the keys of an installation with this Pinterest environment. */
export function keyPrefixOf(environment: string): KeyPrefix {
  return environment === 'simulator' ? 'pt_test_' : livePrefix;
}

const keyForm = /^(pt_live_|pt_test_)([\w-]{43})([0-9a-f]{8})$/;

/** A new random key. */
export function generateKey(prefix: KeyPrefix): string {
  const random = randomBytes(32).toString('base64url');
  return `${prefix}${random}${checksum(prefix + random)}`;
}

/** Whether a text has the form of a key, with a correct checksum. */
export function isWellFormedKey(key: string): boolean {
  const match = keyForm.exec(key);
  return match !== null && checksum(`${match[1]}${match[2]}`) === match[3];
}

/** The hash that is stored instead of the key. Its 256 random bits make a slow hash pointless. */
export function hashKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** The first characters of a key: enough to recognize it in a list, too few to use it. */
export function shownPrefix(key: string): string {
  return key.slice(0, 12);
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

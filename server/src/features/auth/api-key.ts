// The form of an API key: prefix, 256 random bits, checksum. The checksum lets a typing slip (or a scanner
// that looks for leaked keys) be told from a real key without asking the database.
import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** `pt_test_` keys belong to an installation on the simulator, `pt_live_` keys to one on Pinterest. */
export type KeyPrefix = 'pt_live_' | 'pt_test_';

export function keyPrefixOf(environment: string): KeyPrefix {
  return environment === 'simulator' ? 'pt_test_' : 'pt_live_';
}

const form = /^(pt_live_|pt_test_)([\w-]{43})([0-9a-f]{8})$/;

export function generateKey(prefix: KeyPrefix): string {
  const random = randomBytes(32).toString('base64url');
  return `${prefix}${random}${checksum(prefix + random)}`;
}

/** Whether a text can be a key at all. */
export function isWellFormedKey(key: string): boolean {
  const match = form.exec(key);
  return match !== null && checksum(`${match[1]}${match[2]}`) === match[3];
}

/** What is stored of a key. Its 256 random bits make a slow hash pointless. */
export function hashKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** Enough of a key to recognise it in a list, too little to use it. */
export function shownPrefix(key: string): string {
  return key.slice(0, 12);
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

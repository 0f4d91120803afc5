// Encrypts small secrets at rest: AES-256-GCM, with the id of the key in front so that keys can be rotated.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

export interface Encryption {
  /** @param purpose Bound to the result: what was encrypted for one row can't be decrypted as another's. */
  encrypt(text: string, purpose: string): Buffer;
  /** @throws Error when the key, the purpose or a byte differs. */
  decrypt(sealed: Buffer, purpose: string): string;
  /** Stands at the beginning of all that is encrypted from now on. */
  keyId: Buffer;
}

const ivLength = 12;
const tagLength = 16;
const keyIdLength = 4;

/**
 * @param key 32 bytes: encrypts, and decrypts.
 * @param old Only decrypts: what was stored before the key was changed.
 */
export function createEncryption(key: Buffer, old?: Buffer): Encryption {
  const keyId = idOf(key);
  const keys = [key, ...(old ? [old] : [])].map((known) => ({ id: idOf(known), known }));
  return {
    keyId,
    encrypt(text, purpose) {
      const iv = randomBytes(ivLength);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(purpose));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([keyId, iv, cipher.getAuthTag(), sealed]);
    },
    decrypt(sealed, purpose) {
      const key = keys.find(({ id }) => sealed.subarray(0, keyIdLength).equals(id));
      if (!key) {
        throw new Error(
          'A stored token was encrypted with another key. Start with the PINTAIL_ENCRYPTION_KEY that it was stored with.',
        );
      }
      const iv = sealed.subarray(keyIdLength, keyIdLength + ivLength);
      const tag = sealed.subarray(keyIdLength + ivLength, keyIdLength + ivLength + tagLength);
      const decipher = createDecipheriv('aes-256-gcm', key.known, iv)
        .setAAD(Buffer.from(purpose))
        .setAuthTag(tag);
      const text = sealed.subarray(keyIdLength + ivLength + tagLength);
      return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
    },
  };
}

function idOf(key: Buffer): Buffer {
  return createHash('sha256').update('pintail key id').update(key).digest().subarray(0, keyIdLength);
}

/** The key kept in a file that only its owner can read; made on first use, whole or not at all. */
export function keyFromFile(file: string): Buffer {
  if (!existsSync(file)) {
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
    try {
      // Of two processes starting at once, the first to link wins; both read the same key.
      linkSync(draft, file);
    } catch (error) {
      if (!existsSync(file)) throw error;
    } finally {
      rmSync(draft);
    }
  }
  chmodSync(file, 0o600);
  return readKey(file);
}

function readKey(file: string): Buffer {
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex');
  if (key.length !== 32)
    throw new Error(`${file} does not hold an encryption key. Restore it from a backup.`);
  return key;
}

const oldFile = (file: string) => `${file}.old`;

/** The key before the present one, while the file's key is being changed. */
export function oldKeyFromFile(file: string): Buffer | undefined {
  return existsSync(oldFile(file)) ? readKey(oldFile(file)) : undefined;
}

/**
 * Puts a new key into the file and keeps the old one beside it. Called again after a crash it goes on where it
 * was: at no moment is there a key in use that no file holds.
 */
export function beginKeyRotation(file: string): void {
  const present = keyFromFile(file);
  const old = oldKeyFromFile(file);
  if (old && !old.equals(present)) return;
  const draft = `${file}.new`;
  rmSync(draft, { force: true });
  writeFileSync(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  sync(draft);
  if (!old) linkSync(file, oldFile(file));
  sync(dirname(file));
  renameSync(draft, file);
  sync(dirname(file));
}

/** Once nothing is left that only the old key opens. */
export function endKeyRotation(file: string): void {
  rmSync(oldFile(file), { force: true });
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

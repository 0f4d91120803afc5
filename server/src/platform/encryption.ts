// Encrypts small secrets at rest with AES-256-GCM. Results begin with the id of the key, so that keys can be rotated.
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
  /** @param purpose Authenticated with the result: a value encrypted for one row cannot be decrypted for another */
  encrypt(text: string, purpose: string): Buffer;
  /** @throws Error if the key, the purpose or a byte differs */
  decrypt(sealed: Buffer, purpose: string): string;
  /** The first bytes of every result of `encrypt`. */
  keyId: Buffer;
  /** Those of all values that can be decrypted. */
  keyIds: readonly Buffer[];
}

const ivLength = 12;
const tagLength = 16;
const keyIdLength = 4;

/**
 * @param key 32 bytes, for encryption and decryption
 * @param old The previous key, for decryption only
 */
export function createEncryption(key: Buffer, old?: Buffer): Encryption {
  const keyId = idOf(key);
  const keys = [key, ...(old ? [old] : [])].map((bytes) => ({ id: idOf(bytes), bytes }));
  return {
    keyId,
    keyIds: keys.map(({ id }) => id),
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
          'A stored token was encrypted with another key. Start with the PINTAIL_ENCRYPTION_KEY that encrypted it.',
        );
      }
      const iv = sealed.subarray(keyIdLength, keyIdLength + ivLength);
      const tag = sealed.subarray(keyIdLength + ivLength, keyIdLength + ivLength + tagLength);
      const decipher = createDecipheriv('aes-256-gcm', key.bytes, iv, { authTagLength: tagLength })
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

/** Returns the key in a file that only its owner can read. Creates the file atomically if it does not exist. */
export function keyFromFile(file: string): Buffer {
  if (!existsSync(file)) {
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
    try {
      // If two processes start at once, the first link succeeds and both read the same key.
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
    throw new Error(`${file} does not contain an encryption key. Restore it from a backup.`);
  return key;
}

const oldFile = (file: string) => `${file}.old`;

/** Returns the previous key while a rotation is in progress. */
export function oldKeyFromFile(file: string): Buffer | undefined {
  return existsSync(oldFile(file)) ? readKey(oldFile(file)) : undefined;
}

/**
 * Writes a new key to the file and stores the old one beside it. After a crash, call it again to continue: every key in
 * use is in a file at every moment.
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

/** Removes the old key. Call it when no stored value is encrypted with it. */
export function endKeyRotation(file: string): void {
  rmSync(oldFile(file), { force: true });
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

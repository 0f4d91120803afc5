// Encrypts small secrets at rest: AES-256-GCM, with the id of the key in front so that keys can be rotated.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

export interface Encryption {
  /** @param purpose Bound to the result: what was encrypted for one row can't be decrypted as another's. */
  encrypt(text: string, purpose: string): Buffer;
  /** @throws Error when the key, the purpose or a byte differs. */
  decrypt(sealed: Buffer, purpose: string): string;
}

const ivLength = 12;
const tagLength = 16;
const keyIdLength = 4;

/** @param key 32 bytes. */
export function createEncryption(key: Buffer): Encryption {
  const keyId = createHash('sha256').update('pintail key id').update(key).digest().subarray(0, keyIdLength);
  return {
    encrypt(text, purpose) {
      const iv = randomBytes(ivLength);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(purpose));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([keyId, iv, cipher.getAuthTag(), sealed]);
    },
    decrypt(sealed, purpose) {
      if (!sealed.subarray(0, keyIdLength).equals(keyId)) {
        throw new Error(
          'A stored token was encrypted with another key. Start with the PINTAIL_ENCRYPTION_KEY that it was stored with.',
        );
      }
      const iv = sealed.subarray(keyIdLength, keyIdLength + ivLength);
      const tag = sealed.subarray(keyIdLength + ivLength, keyIdLength + ivLength + tagLength);
      const decipher = createDecipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(purpose)).setAuthTag(tag);
      const text = sealed.subarray(keyIdLength + ivLength + tagLength);
      return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
    },
  };
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
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex');
  if (key.length !== 32)
    throw new Error(`${file} does not hold an encryption key. Restore it from a backup.`);
  return key;
}

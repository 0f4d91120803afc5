import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createEncryption, keyFromFile } from './encryption.ts';

const key = Buffer.alloc(32, 1);

test('a decrypted text equals the original, and no two encryptions of it are equal', () => {
  const encryption = createEncryption(key);
  const sealed = encryption.encrypt('pina_secret', 'acc_1');
  expect(encryption.decrypt(sealed, 'acc_1')).toBe('pina_secret');
  expect(encryption.encrypt('pina_secret', 'acc_1').equals(sealed)).toBe(false);
  expect(sealed.includes('pina_secret')).toBe(false);
});

test('decrypting with another key, for another row or after a change of a byte throws', () => {
  const sealed = createEncryption(key).encrypt('pina_secret', 'acc_1');
  expect(() => createEncryption(Buffer.alloc(32, 2)).decrypt(sealed, 'acc_1')).toThrow(
    /PINTAIL_ENCRYPTION_KEY/,
  );
  expect(() => createEncryption(key).decrypt(sealed, 'acc_2')).toThrow();
  const last = sealed.length - 1;
  sealed.writeUInt8((sealed[last] ?? 0) ^ 1, last);
  expect(() => createEncryption(key).decrypt(sealed, 'acc_1')).toThrow();
});

test('the key file is created once, readable by its owner only', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pintail-key-'));
  try {
    const file = join(folder, 'encryption.key');
    const first = keyFromFile(file);
    expect(keyFromFile(file)).toEqual(first);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

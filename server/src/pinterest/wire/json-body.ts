// The JSON body of a request that contains files. The files are not JavaScript strings at any time: a picture of 1 MB as
// a string costs several milliseconds to encode, check for characters to escape, and convert to UTF-8.
import { randomUUID } from 'node:crypto';

/** A file within a JSON value. `toJsonBody` writes it as a string of plain base64. */
export class Base64 {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** Serializes a JSON value to UTF-8, with each `Base64` in its place. */
export function toJsonBody(value: unknown): Uint8Array {
  const files: Uint8Array[] = [];
  // No other string in the value can contain a random UUID.
  const placeholder = randomUUID();
  const text = JSON.stringify(value, (_key, part: unknown) => {
    if (!(part instanceof Base64)) return part;
    files.push(part.bytes);
    return placeholder;
  });
  const quote = '"';
  return Buffer.concat(
    text.split(quote + placeholder + quote).flatMap((piece, index) => {
      const file = index === 0 ? undefined : files[index - 1];
      const between = Buffer.from(piece);
      return file ? [quoted, base64Of(file), quoted, between] : [between];
    }),
  );
}

const quoted = Buffer.from('"');

function base64Of(file: Uint8Array): Buffer {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  return Buffer.from(bytes.toString('base64'), 'latin1');
}

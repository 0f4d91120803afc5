import { Transform, type TransformCallback } from 'node:stream';
import { ObjectTooLarge } from './storage.ts';

/** Passes bytes through, and fails with ObjectTooLarge after `bytesMax`. */
export function limitBytes(bytesMax: number): Transform {
  let count = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      count += chunk.length;
      if (count > bytesMax) done(new ObjectTooLarge());
      else done(null, chunk);
    },
  });
}

// The body of an answer as a stream that ends in time and stays within its size.
import { type Duplex, Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { toFailure, tooLarge } from './failure.ts';

interface Caps {
  bytesMax: number;
  /** Its reason is the error that the reader gets. */
  signal: AbortSignal;
  /** Called once, when the body is over for whatever reason. Must cut the connection. */
  close(): void;
}

/**
 * How much of a body is still given out when its announced length is too large: enough for a reader to see what
 * kind of file it is and to say something better than "too large".
 */
const previewBytes = 16 * 1024;

export function cappedBody(answer: Dispatcher.ResponseData, { bytesMax, signal, close }: Caps): Readable {
  const chunks = read();
  const stream = new Readable({
    // Nothing is read ahead: a chunk that was given out is never lost to an error that came after it.
    highWaterMark: 1,
    read() {
      chunks.next().then(
        ({ value }) => stream.push(value ?? null),
        (error) => stream.destroy(error),
      );
    },
    destroy(error, done) {
      signal.removeEventListener('abort', abort);
      close();
      done(error);
    },
  });
  // A reader still gets the error; this handler keeps an error without a reader from ending the process.
  stream.on('error', () => {});
  answer.body.on('error', () => {});
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  return stream;

  function abort(): void {
    stream.destroy(toFailure(signal.reason));
  }

  async function* read(): AsyncGenerator<Buffer, undefined> {
    const announced = Number(answer.headers['content-length'] ?? 0);
    let count = 0;
    try {
      for await (const chunk of decoded(answer)) {
        count += chunk.length;
        if (count > bytesMax) throw tooLarge(bytesMax);
        yield chunk;
        if (announced > bytesMax && count >= previewBytes) throw tooLarge(bytesMax);
      }
      return undefined;
    } catch (error) {
      throw signal.aborted ? toFailure(signal.reason) : toFailure(error);
    }
  }
}

const decoders = new Map<string, () => Duplex>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
  ['zstd', createZstdDecompress],
]);

/** Some servers compress although they were asked not to. Undone piece by piece, so that a bomb meets the cap. */
function decoded({ headers, body }: Dispatcher.ResponseData): AsyncIterable<Buffer> {
  const encoding = headers['content-encoding'];
  const createDecoder =
    typeof encoding === 'string' ? decoders.get(encoding.trim().toLowerCase()) : undefined;
  if (!createDecoder) return body;
  const decoder = createDecoder();
  body.on('error', (error) => decoder.destroy(error));
  return body.pipe(decoder);
}

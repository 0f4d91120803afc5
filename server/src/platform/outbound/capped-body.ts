// The body of a response as a stream with limits on time and size.
import { type Duplex, Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { toFailure, tooLarge } from './failure.ts';

interface Caps {
  bytesMax: number;
  /** Its reason is the error of the stream. */
  signal: AbortSignal;
  /** Called once, when the stream ends or fails. Must close the connection. */
  close(): void;
}

/**
 * The number of bytes returned of a body whose announced length is too large. The reader can then detect the type of
 * the file and report a more specific problem than its size.
 */
const previewBytes = 16 * 1024;

export function cappedBody(answer: Dispatcher.ResponseData, { bytesMax, signal, close }: Caps): Readable {
  const chunks = read();
  const stream = new Readable({
    // Nothing is read ahead, so that a later error does not discard chunks that arrived before it.
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
  // A reader receives the error too. Without a listener, an error without a reader would end the process.
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

/** Decompresses the body: some servers compress although the request forbids it. Streamed, so that the cap applies. */
function decoded({ headers, body }: Dispatcher.ResponseData): AsyncIterable<Buffer> {
  const encoding = headers['content-encoding'];
  const createDecoder =
    typeof encoding === 'string' ? decoders.get(encoding.trim().toLowerCase()) : undefined;
  if (!createDecoder) return body;
  const decoder = createDecoder();
  body.on('error', (error) => decoder.destroy(error));
  return body.pipe(decoder);
}

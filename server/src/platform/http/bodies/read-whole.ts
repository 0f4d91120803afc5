// Reads a body that is needed as a whole.
import type { IncomingMessage } from 'node:http';
import { badRequest } from '../contract/refusals.ts';
import type { BodyShare } from './body-memory.ts';

export interface ReadWhole {
  bytesMax: number;
  /** Makes the error for a body that is larger. */
  tooLarge(): Error;
  /** The memory that it has reserved; the caller releases it once the request is over. */
  share: BodyShare;
}

/** A client may send its body some bytes at a time, and a piece costs more than those: such are joined. */
const piecesMax = 256;
const joinedBytesMax = 1024 * 1024;

/**
 * All bytes of a body. A length that is announced is judged before any of it arrives.
 * @throws what `tooLarge` makes once there is more; a Refusal where there is no memory for it; badRequest when the
 * client goes away first
 */
export function readWhole(
  payload: IncomingMessage,
  { bytesMax, tooLarge, share }: ReadWhole,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  let chunks: Buffer[] = [];
  let recent: Buffer[] = [];
  let recentBytes = 0;
  let bytes = 0;

  function onData(chunk: Buffer): void {
    bytes += chunk.length;
    try {
      if (bytes > bytesMax) throw tooLarge();
      share.draw(chunk.length);
      keep(chunk);
    } catch (error) {
      stop(error);
    }
  }
  function keep(chunk: Buffer): void {
    recent.push(chunk);
    recentBytes += chunk.length;
    if (recent.length < piecesMax) return;
    if (recentBytes < joinedBytesMax) chunks.push(Buffer.concat(recent, recentBytes));
    else for (const piece of recent) chunks.push(piece);
    recent = [];
    recentBytes = 0;
  }
  function onEnd(): void {
    ignore();
    resolve(Buffer.concat([...chunks, ...recent], bytes));
  }
  const onGone = () => stop(badRequest([{ path: '', code: 'malformed', message: 'The body breaks off.' }]));

  /** The rest flows on unread, until the answer closes the connection. */
  function stop(error: unknown): void {
    ignore();
    chunks = [];
    recent = [];
    share.release();
    payload.on('error', () => {}); // The client disconnects, which is known.
    reject(error);
  }
  function ignore(): void {
    payload.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
  }

  payload.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  try {
    const announced = Number(payload.headers['content-length'] ?? 0);
    if (announced > bytesMax) throw tooLarge();
    share.announce(announced);
  } catch (error) {
    stop(error);
  }
  payload.resume();
  return promise;
}

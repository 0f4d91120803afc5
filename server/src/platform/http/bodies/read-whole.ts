// Reads a request body into memory.
import type { IncomingMessage } from 'node:http';
import { badRequest } from '../contract/refusals.ts';
import type { BodyShare } from './body-memory.ts';

export interface ReadWhole {
  bytesMax: number;
  /** Creates the error for a body that is larger. */
  tooLarge(): Error;
  /** The memory reserved for the body. The caller releases it after the request. */
  share: BodyShare;
}

/** A client may send its body a few bytes at a time. Small chunks are joined, because each has an overhead. */
const piecesMax = 256;
const joinedBytesMax = 1024 * 1024;

/**
 * Reads all bytes of a body. An announced length is checked before the body arrives.
 * @throws The error of `tooLarge`; a Refusal of `share`; badRequest if the client disconnects
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
  const onGone = () =>
    stop(badRequest([{ path: '', code: 'malformed', message: 'The body is incomplete.' }]));

  /** The remaining bytes are discarded until the response closes the connection. */
  function stop(error: unknown): void {
    ignore();
    chunks = [];
    recent = [];
    share.release();
    payload.on('error', () => {}); // The client may disconnect.
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

// Reads a body that is needed as a whole.
import type { IncomingMessage } from 'node:http';
import type { Refusal } from '../errors.ts';
import { badRequest } from './refusals.ts';

export interface ReadWhole {
  bytesMax: number;
  /** Makes the error for a body that is larger. */
  tooLarge(): Refusal;
}

/**
 * All bytes of a body. A length that is announced is judged before any of it arrives.
 * @throws what `tooLarge` makes; badRequest when the client goes away first
 */
export function readWhole(payload: IncomingMessage, { bytesMax, tooLarge }: ReadWhole): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let bytes = 0;

  function onData(chunk: Buffer): void {
    bytes += chunk.length;
    if (bytes > bytesMax) stop(tooLarge());
    else chunks.push(chunk);
  }
  function onEnd(): void {
    ignore();
    resolve(Buffer.concat(chunks, bytes));
  }
  const onGone = () => stop(badRequest([{ path: '', code: 'malformed', message: 'The body breaks off.' }]));

  /** The rest flows on unread, until the answer closes the connection. */
  function stop(error: Refusal): void {
    ignore();
    payload.on('error', () => {}); // The client hangs up, which is no news any more.
    reject(error);
  }
  function ignore(): void {
    payload.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
  }

  payload.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  if (Number(payload.headers['content-length']) > bytesMax) stop(tooLarge());
  payload.resume();
  return promise;
}

// Responses to connections without a valid request: a line or header that is not HTTP, headers that are too large, a
// client that sends too slowly. Written directly to the socket, in the same envelope as every other response.
import type { Duplex } from 'node:stream';
import type { Refusal, RefusalMaker } from '../../errors.ts';
import { newPrefixedId } from '../../ids.ts';
import type { Log } from '../../log.ts';
import { failure } from '../contract/envelope.ts';
import { headersTooLarge, malformedRequest, tooSlow } from '../contract/refusals.ts';

interface WireAnswer {
  /** The status line. HTTP has statuses for these problems, the API has no error codes for them. */
  status: string;
  refuse: RefusalMaker;
}

const answers: Record<string, WireAnswer> = {
  HPE_HEADER_OVERFLOW: { status: '431 Request Header Fields Too Large', refuse: headersTooLarge },
  ERR_HTTP_REQUEST_TIMEOUT: { status: '408 Request Timeout', refuse: tooSlow },
};
const otherwise: WireAnswer = { status: '400 Bad Request', refuse: malformedRequest };

/** Handles the event `clientError` of Node's server. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex, log: Log): void {
  const { status, refuse } = answers[error.code ?? ''] ?? otherwise;
  // The client has disconnected, or a response is partly sent.
  if (error.code === 'ECONNRESET' || !socket.writable || hasAnswerBegun(socket)) return void socket.destroy();
  closeWith(socket, { status, refusal: refuse(), requestId: newPrefixedId('req'), log });
}

/** Answers a client that sends its body too slowly, and closes the connection. */
export function answerTooSlow(socket: Duplex, requestId: string, log: Log): void {
  if (!socket.writable || hasAnswerBegun(socket)) return void socket.destroy();
  closeWith(socket, { status: '408 Request Timeout', refusal: tooSlow(), requestId, log });
}

/** Node stores the current response on the socket. Its default handler makes the same check. */
function hasAnswerBegun(socket: Duplex): boolean {
  return (
    '_httpMessage' in socket &&
    (socket._httpMessage as { headersSent?: boolean } | null)?.headersSent === true
  );
}

function closeWith(
  socket: Duplex,
  { status, refusal, requestId, log }: { status: string; refusal: Refusal; requestId: string; log: Log },
): void {
  const body = JSON.stringify(failure(refusal, requestId));
  log.info({ requestId, status: Number.parseInt(status, 10) }, 'a request was cut off');
  socket.end(
    [
      `HTTP/1.1 ${status}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${requestId}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
    // Does not wait for more data from the client.
    () => socket.destroy(),
  );
}

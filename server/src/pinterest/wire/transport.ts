// One HTTP exchange, sent at most once, and an exact account of how far it got. Knows nothing of Pinterest.
//
// The line that matters is drawn by undici's `onRequestStart`: it is called right before the first byte is
// handed to the socket. Not called: surely nothing left. Called: something may have, whatever the error says,
// because a reset or «other side closed» looks the same before and after the server acted.
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { Agent, type Dispatcher } from 'undici';
import { addMs, type Clock } from '../../platform/clock.ts';
import type { Reach } from './outcomes.ts';

export interface Outgoing {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  url: URL;
  headers: Record<string, string>;
  body: string | AsyncIterable<Uint8Array> | null;
  /** For the whole exchange: waiting for a connection, sending, and the answer to its last byte. */
  timeoutMs: number;
}

export interface Exchange {
  reach: Reach;
  status: number | null;
  headers: IncomingHttpHeaders;
  /** What came of the body; all of it when `reach` is `answered_whole`. */
  body: string;
  /** Why it ended early: `timeout`, `too_big`, `sent_twice`, or the error's code. Never its message. */
  cause: string | null;
  startedAt: Date;
  endedAt: Date;
}

export interface Transport {
  exchange(outgoing: Outgoing): Promise<Exchange>;
  /** Cuts what is still running: whoever closes has waited for their calls. */
  close(): Promise<void>;
}

/** The longest honest answer is a page of 250 Pins, a megabyte or two. */
const answerBytesMax = 8 * 1024 * 1024;
const connectTimeoutMs = 10_000;

export function createTransport(clock: Clock, connectionsMax: number): Transport {
  const shared = {
    connections: connectionsMax,
    // HTTP/2 lets a client replay requests that the server refused; with HTTP/1.1 nothing is ever replayed.
    allowH2: false,
    connect: { timeout: connectTimeoutMs },
    // The whole-exchange limit is the clock's business.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  const kept = new Agent({ ...shared, keepAliveTimeout: 4_000, keepAliveMaxTimeout: 30_000 });
  // A kept connection may be closed by the server just as we write on it, and the answer is lost. A read is
  // simply read again; a lost create costs minutes of looking, so each write gets a connection of its own.
  const fresh = new Agent({ ...shared, pipelining: 0 });
  return {
    exchange: (outgoing) => exchangeOnce(outgoing.method === 'GET' ? kept : fresh, outgoing, clock),
    async close() {
      await Promise.all([kept.destroy(), fresh.destroy()]);
    },
  };
}

function exchangeOnce(dispatcher: Dispatcher, outgoing: Outgoing, clock: Clock): Promise<Exchange> {
  return new Promise((resolve) => {
    const startedAt = clock.now();
    let reach: Reach = 'not_sent';
    let status: number | null = null;
    let headers: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    let bytes = 0;
    let controller: Dispatcher.DispatchController | null = null;
    let isSettled = false;

    const settle = (cause: string | null) => {
      if (isSettled) return;
      isSettled = true;
      cancelTimeout();
      // Elapsed time cannot be negative, even when the machine's clock is set back meanwhile.
      const endedAt = addMs(startedAt, Math.max(0, clock.now().getTime() - startedAt.getTime()));
      const body = Buffer.concat(chunks).toString('utf8');
      resolve({ reach, status, headers, body, cause, startedAt, endedAt });
    };
    const giveUp = (cause: string) => {
      settle(cause);
      controller?.abort(new Error(cause));
    };
    const cancelTimeout = clock.after(outgoing.timeoutMs, () => giveUp('timeout'));

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        // Given up while it waited for a connection: it was reported as not sent, so it must not be sent now.
        if (isSettled) return started.abort(new Error('given up'));
        if (reach !== 'not_sent') {
          settle('sent_twice');
          return started.abort(new Error('sent twice'));
        }
        controller = started;
        reach = 'sent';
      },
      onResponseStart(_started, statusCode, answered) {
        // 100 and 103 announce an answer; they are none.
        if (statusCode < 200) return;
        reach = 'answer_broken';
        status = statusCode;
        headers = answered;
      },
      onResponseData(_started, chunk) {
        bytes += chunk.length;
        if (bytes > answerBytesMax) return giveUp('too_big');
        chunks.push(chunk);
      },
      onResponseEnd() {
        if (status !== null) reach = 'answered_whole';
        settle(null);
      },
      onResponseError(_started, error) {
        settle(causeOf(error));
      },
    };

    try {
      dispatcher.dispatch(
        {
          origin: outgoing.url.origin,
          path: outgoing.url.pathname + outgoing.url.search,
          method: outgoing.method,
          headers: outgoing.headers,
          // undici takes any async iterable as a body, though its types name only streams.
          body: outgoing.body as string | Readable | null,
          idempotent: false,
        },
        handler,
      );
    } catch (error) {
      settle(causeOf(error));
    }
  });
}

/** The code alone: a message may hold addresses, and for a stream of ours anything at all. */
function causeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'error';
}

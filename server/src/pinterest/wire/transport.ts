// One HTTP exchange, sent at most once, with an exact account of how far it got. Independent of Pinterest.
//
// undici's `onRequestStart` decides: it is called right before the first byte goes to the socket. If it was not called,
// certainly nothing was sent. If it was called, something may have been sent, whatever the error says, because a reset or
// "other side closed" looks the same before and after the server acted.
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { Agent, type Dispatcher } from 'undici';
import { addMs, type Clock } from '../../platform/clock.ts';
import type { Reach } from './outcomes.ts';

export interface Outgoing {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  url: URL;
  headers: Record<string, string>;
  body: string | Uint8Array | AsyncIterable<Uint8Array> | null;
  /** For the whole exchange: waiting for a connection, sending, and the answer to its last byte. */
  timeoutMs: number;
}

export interface Exchange {
  reach: Reach;
  status: number | null;
  headers: IncomingHttpHeaders;
  /** The part of the body that arrived; all of it when `reach` is `answered_whole`. */
  body: string;
  /** Why it ended early: `timeout`, `too_big`, `sent_twice`, or the error's code. Never its message. */
  cause: string | null;
  startedAt: Date;
  endedAt: Date;
}

export interface Transport {
  exchange(outgoing: Outgoing): Promise<Exchange>;
  /** Aborts running exchanges. Wait for your calls first. */
  close(): Promise<void>;
}

/** The longest valid response is a page of 250 Pins, one or two megabytes. */
const answerBytesMax = 8 * 1024 * 1024;
const connectTimeoutMs = 10_000;
/** How long the connection of a write stays open for the next write. */
const writeIdleMsMax = 1_000;

export function createTransport(clock: Clock, connectionsMax: number): Transport {
  const shared = {
    connections: connectionsMax,
    // HTTP/2 lets a client replay requests that the server refused; with HTTP/1.1 nothing is ever replayed.
    allowH2: false,
    connect: { timeout: connectTimeoutMs },
    // The limit of the whole exchange comes from the clock.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  const reading = new Agent({ ...shared, keepAliveTimeout: 4_000, keepAliveMaxTimeout: 30_000 });
  // The server may close an idle connection just when we write on it, and the answer is lost. A read is simply repeated; a
  // lost create costs minutes of searching. Servers keep idle connections for many seconds, so one that was used within the
  // last second is safe enough, and saves a TLS handshake for each Pin of a busy worker. If it is closed after all, the
  // outcome is `lost`, which is searched for and never repeated.
  const writing = new Agent({
    ...shared,
    keepAliveTimeout: writeIdleMsMax,
    keepAliveMaxTimeout: writeIdleMsMax,
  });
  return {
    exchange: (outgoing) => exchangeOnce(outgoing.method === 'GET' ? reading : writing, outgoing, clock),
    async close() {
      await Promise.all([reading.destroy(), writing.destroy()]);
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
        // It timed out while it waited for a connection, and was reported as not sent: it must not be sent now.
        if (isSettled) return started.abort(new Error('given up'));
        if (reach !== 'not_sent') {
          settle('sent_twice');
          return started.abort(new Error('sent twice'));
        }
        controller = started;
        reach = 'sent';
      },
      onResponseStart(_started, statusCode, answered) {
        // 100 and 103 are interim responses.
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
          body: outgoing.body as string | Uint8Array | Readable | null,
          idempotent: false,
        },
        handler,
      );
    } catch (error) {
      settle(causeOf(error));
    }
  });
}

/** Only the code: a message may contain addresses, and for one of our streams anything at all. */
function causeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'error';
}

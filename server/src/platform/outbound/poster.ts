// Guarded POSTs to one URL: its addresses are checked once, and every connection goes to these. Redirects are not
// followed but returned like other responses. Only the beginning of a response is read.
import { Pool } from 'undici';
import type { Clock } from '../clock.ts';
import { version } from '../version.ts';
import { checkedAddresses } from './checked-addresses.ts';
import { OutboundFailure, toFailure } from './failure.ts';
import { pinnedLookup } from './pinned-lookup.ts';
import type { Resolve } from './resolve.ts';
import { parseTarget } from './target.ts';

export interface Posted {
  status: number;
  /** The beginning of the response body, as text. */
  text: string;
}

export interface PostOptions {
  headers: Readonly<Record<string, string>>;
  body: string;
  /** The time limit, including the connection. */
  timeoutMs: number;
  /** The number of bytes of the response body to read. */
  answerBytesMax: number;
}

export interface Poster {
  /** The host is private, and the operator allows it: its responses are not for tenants. */
  isAllowedPrivate: boolean;
  /** @throws OutboundFailure if there was no response. Responses of any status are returned */
  post(options: PostOptions): Promise<Posted>;
  /** Closes all connections. */
  close(): Promise<void>;
}

export interface OpenPoster {
  /** The maximum number of concurrent POSTs. */
  connections: number;
  /** The time limit for resolving the host. */
  timeoutMs: number;
}

interface PosterParts {
  allowed: ReadonlySet<string>;
  resolve: Resolve;
  clock: Clock;
}

const userAgent = `Pintail/${version} (+webhooks)`;

/** @throws OutboundFailure if the URL does not lead to a public host */
export async function openPoster(
  url: string,
  { connections, timeoutMs }: OpenPoster,
  { allowed, resolve, clock }: PosterParts,
): Promise<Poster> {
  const target = parseTarget(url, allowed);
  const addresses = await within(clock, timeoutMs, (signal) => checkedAddresses(target, resolve, signal));
  const pool = new Pool(target.url.origin, {
    connections,
    allowH2: false,
    connect: { lookup: pinnedLookup(addresses), timeout: 0 },
    // The clock limits the time, not undici.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    isAllowedPrivate: target.isAllowedPrivate,
    post: (options) =>
      within(clock, options.timeoutMs, async (signal) => {
        const answer = await pool.request({
          method: 'POST',
          path: `${target.url.pathname}${target.url.search}`,
          headers: { 'user-agent': userAgent, ...options.headers },
          body: options.body,
          signal,
        });
        return { status: answer.statusCode, text: await beginningOf(answer.body, options.answerBytesMax) };
      }),
    close: () => pool.destroy(),
  };
}

/** Returns what was read even if the body is incomplete or late, because the status has arrived. */
async function beginningOf(body: AsyncIterable<Buffer>, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    // Leaving the loop early closes the connection.
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= bytesMax) break;
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
  return new TextDecoder().decode(Buffer.concat(chunks).subarray(0, bytesMax)).replaceAll('\0', '\uFFFD');
}

async function within<T>(
  clock: Clock,
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const stopTimer = clock.after(timeoutMs, () =>
    limit.abort(
      new OutboundFailure('timeout', `There was no response within ${Math.round(timeoutMs / 1000)} seconds.`),
    ),
  );
  try {
    return await work(limit.signal);
  } catch (error) {
    throw limit.signal.aborted ? toFailure(limit.signal.reason) : toFailure(error);
  } finally {
    stopTimer();
  }
}

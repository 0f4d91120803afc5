// A guarded GET: checks the URL, resolves its host, checks every address, connects only to these, follows redirects
// with the same checks, and returns a body with limits on bytes and time.
import type { Readable } from 'node:stream';
import { Client, type Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import { cappedBody } from './capped-body.ts';
import { checkedAddresses } from './checked-addresses.ts';
import { badStatus, timedOut, toFailure, tooManyRedirects, userAgent } from './failure.ts';
import { pinnedLookup } from './pinned-lookup.ts';
import { type OpenPoster, openPoster, type Poster } from './poster.ts';
import { type Resolve, systemResolve } from './resolve.ts';
import { parseTarget, readAllowedHosts, type Target } from './target.ts';

export interface OutboundOptions {
  /** `host:port` pairs that can be fetched although their address is private. */
  allowedPrivateHosts: readonly string[];
  clock: Clock;
  /** Resolves host names. Default: `systemResolve`. */
  resolve?: Resolve;
}

export interface FetchOptions {
  /** The maximum size of the body, after decompression. */
  bytesMax: number;
  /** The time limit from the resolution of the name to the last byte. Default: 15,000. */
  timeoutMs?: number;
  /** Default: 5. */
  redirectsMax?: number;
  /** Aborts the fetch. */
  signal?: AbortSignal;
  /** Not sent after a redirect to another origin. */
  headers?: Readonly<Record<string, string>>;
}

export interface Fetched {
  status: number;
  /** The headers, with names in lower case. Do not trust them, including content type and length. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The URL after redirects. */
  url: string;
  /**
   * The decompressed body. Fails with an OutboundFailure (`too_large`, `timeout`, `connection_failed`, `bad_response`).
   * Read it to the end or destroy it, which closes the connection.
   */
  body: Readable;
}

export interface Outbound {
  /**
   * Fetches a URL from a user.
   *
   * @throws OutboundFailure unless a public host responds with 2xx
   */
  fetchStream(url: string, options: FetchOptions): Promise<Fetched>;
  /**
   * Opens connections for POSTs to a URL from a user. Close it when done.
   *
   * @throws OutboundFailure if the URL does not lead to a public host
   */
  openPoster(url: string, options: OpenPoster): Promise<Poster>;
}

const timeoutMsDefault = 15_000;
const redirectsMaxDefault = 5;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);

/** @throws Error if an entry of allowedPrivateHosts is not a pair of host and port */
export function createOutbound({
  allowedPrivateHosts,
  clock,
  resolve = systemResolve,
}: OutboundOptions): Outbound {
  const guard: Guard = { allowed: readAllowedHosts(allowedPrivateHosts), resolve };
  return {
    openPoster: (url, options) => openPoster(url, options, { ...guard, clock }),

    async fetchStream(url, options) {
      const timeoutMs = options.timeoutMs ?? timeoutMsDefault;
      const limit = new AbortController();
      const stopTimer = clock.after(timeoutMs, () => limit.abort(timedOut(timeoutMs)));
      const signal = options.signal ? AbortSignal.any([limit.signal, options.signal]) : limit.signal;
      try {
        return await follow(guard, url, options, { signal, stopTimer });
      } catch (error) {
        stopTimer();
        throw signal.aborted ? toFailure(signal.reason) : toFailure(error);
      }
    },
  };
}

interface Guard {
  allowed: ReturnType<typeof readAllowedHosts>;
  resolve: Resolve;
}

async function follow(
  guard: Guard,
  url: string,
  options: FetchOptions,
  { signal, stopTimer }: { signal: AbortSignal; stopTimer: () => void },
): Promise<Fetched> {
  const redirectsMax = options.redirectsMax ?? redirectsMaxDefault;
  let target = parseTarget(url, guard.allowed);
  let headers = options.headers ?? {};
  for (let redirects = 0; ; redirects += 1) {
    const { client, answer } = await request(guard, target, headers, signal);
    const location = answer.headers.location;
    if (redirectStatuses.has(answer.statusCode) && typeof location === 'string') {
      discard(client, answer);
      if (redirects === redirectsMax) throw tooManyRedirects(redirectsMax);
      const next = parseTarget(location, guard.allowed, target.url);
      if (next.url.origin !== target.url.origin) headers = {};
      target = next;
      continue;
    }
    if (answer.statusCode < 200 || answer.statusCode > 299) {
      discard(client, answer);
      throw badStatus(answer.statusCode);
    }
    const close = () => {
      stopTimer();
      void client.destroy();
    };
    return {
      status: answer.statusCode,
      headers: answer.headers,
      url: target.url.href,
      body: cappedBody(answer, { bytesMax: options.bytesMax, signal, close }),
    };
  }
}

async function request(
  { resolve }: Guard,
  target: Target,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) {
  const addresses = await checkedAddresses(target, resolve, signal);
  // A new client for each request, so that connections are not shared with another host, user or check. The clock
  // limits the time, not undici.
  const client = new Client(target.url.origin, {
    allowH2: false,
    connect: { lookup: pinnedLookup(addresses), timeout: 0 },
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  try {
    const answer = await client.request({
      method: 'GET',
      path: `${target.url.pathname}${target.url.search}`,
      headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': userAgent, ...headers },
      signal,
    });
    return { client, answer };
  } catch (error) {
    void client.destroy();
    throw error;
  }
}

function discard(client: Client, answer: Dispatcher.ResponseData): void {
  answer.body.on('error', () => {}); // Closing the connection is an error of the body.
  void client.destroy();
}

// One guarded GET: checks the URL, resolves its host, checks every address, connects to exactly these, follows redirects with
// the same checks, and returns a body that is limited in bytes and time.
import type { Readable } from 'node:stream';
import { Client, type Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import { version } from '../version.ts';
import { cappedBody } from './capped-body.ts';
import { checkedAddresses } from './checked-addresses.ts';
import { badStatus, timedOut, toFailure, tooManyRedirects } from './failure.ts';
import { pinnedLookup } from './pinned-lookup.ts';
import { type OpenPoster, openPoster, type Poster } from './poster.ts';
import { type Resolve, systemResolve } from './resolve.ts';
import { parseTarget, readAllowedHosts, type Target } from './target.ts';

export interface OutboundOptions {
  /** `host:port` pairs that may be fetched although their address is private. */
  allowedPrivateHosts: readonly string[];
  clock: Clock;
  /** Resolves names; the resolver of the system unless a test passes its own. */
  resolve?: Resolve;
}

export interface FetchOptions {
  /** The most bytes of body, counted after decompression. */
  bytesMax: number;
  /** For everything from the look-up of the name to the last byte. Default: 15,000. */
  timeoutMs?: number;
  /** Default: 5. */
  redirectsMax?: number;
  /** Aborts when the caller has gone. */
  signal?: AbortSignal;
  /** Sent to the first host only, never along a redirect to another origin. */
  headers?: Readonly<Record<string, string>>;
}

export interface Fetched {
  status: number;
  /** Names in lower case. Claims of the server, content type and length included: do not trust them. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** After redirects. */
  url: string;
  /**
   * The body, without its content encoding. Fails with an OutboundFailure (`too_large`, `timeout`,
   * `connection_failed`, `bad_response`). Read it to its end or destroy it: that frees the connection.
   */
  body: Readable;
}

export interface Outbound {
  /**
   * Fetches a URL that a user named.
   *
   * @throws OutboundFailure for anything but a 2xx answer from a public host
   */
  fetchStream(url: string, options: FetchOptions): Promise<Fetched>;
  /**
   * For POSTs to a URL that a user named. Close it when done.
   *
   * @throws OutboundFailure when the URL does not lead to a public host
   */
  openPoster(url: string, options: OpenPoster): Promise<Poster>;
}

const timeoutMsDefault = 15_000;
const redirectsMaxDefault = 5;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);
const userAgent = `Pintail/${version} (+media fetch)`;

/** @throws Error when an entry of allowedPrivateHosts is not a pair of host and port */
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
  // A new client for each request: nothing is shared with another host or another user, and a connection that was made
  // for one check is never used under another. The clock limits the time, not undici.
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
  answer.body.on('error', () => {}); // Its connection is closed next, which is expected.
  void client.destroy();
}

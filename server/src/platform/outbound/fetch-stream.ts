// One guarded GET: judge the URL, resolve its host, judge every address, connect to exactly these, follow
// redirects by hand with the same care, and hand out a body that can neither grow nor last for ever.
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
  /** `host:port` pairs that may be fetched though their address is private. */
  allowedPrivateHosts: readonly string[];
  clock: Clock;
  /** How names become addresses; the system's way unless a test has its own. */
  resolve?: Resolve;
}

export interface FetchOptions {
  /** The most bytes of body, counted after decompression. */
  bytesMax: number;
  /** For everything from the look-up of the name to the last byte. 15,000 unless given. */
  timeoutMs?: number;
  /** 5 unless given. */
  redirectsMax?: number;
  /** Gives up when the person who asked has gone. */
  signal?: AbortSignal;
  /** Sent to the first host only, never along a redirect to another origin. */
  headers?: Readonly<Record<string, string>>;
}

export interface Fetched {
  status: number;
  /** Names in lower case. What the server claims, content type and length included: believe none of it. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** After redirects. */
  url: string;
  /**
   * The body, undone of its content encoding. Fails with an OutboundFailure (`too_large`, `timeout`,
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
   * For POSTs to a URL that a user named. Close it in the end.
   *
   * @throws OutboundFailure where it does not lead to a public host
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
  const allowed = readAllowedHosts(allowedPrivateHosts);

  return {
    openPoster: (url, options) => openPoster(url, options, { allowed, resolve, clock }),

    async fetchStream(text, options) {
      const timeoutMs = options.timeoutMs ?? timeoutMsDefault;
      const limit = new AbortController();
      const stopTimer = clock.after(timeoutMs, () => limit.abort(timedOut(timeoutMs)));
      const signal = options.signal ? AbortSignal.any([limit.signal, options.signal]) : limit.signal;
      try {
        return await follow(text, options, signal, stopTimer);
      } catch (error) {
        stopTimer();
        throw signal.aborted ? toFailure(signal.reason) : toFailure(error);
      }
    },
  };

  async function follow(
    text: string,
    options: FetchOptions,
    signal: AbortSignal,
    stopTimer: () => void,
  ): Promise<Fetched> {
    const redirectsMax = options.redirectsMax ?? redirectsMaxDefault;
    let target = parseTarget(text, allowed);
    let headers = options.headers ?? {};
    for (let redirects = 0; ; redirects += 1) {
      const { client, answer } = await ask(target, headers, signal);
      const location = answer.headers.location;
      if (redirectStatuses.has(answer.statusCode) && typeof location === 'string') {
        discard(client, answer);
        if (redirects === redirectsMax) throw tooManyRedirects(redirectsMax);
        const next = parseTarget(location, allowed, target.url);
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

  async function ask(target: Target, headers: Readonly<Record<string, string>>, signal: AbortSignal) {
    const addresses = await checkedAddresses(target, resolve, signal);
    // A client of its own for every request: nothing is shared with another host or another user, and a
    // connection made for one check is never used under another. The clock bounds the time, not undici.
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
}

function discard(client: Client, answer: Dispatcher.ResponseData): void {
  answer.body.on('error', () => {}); // Its connection is closed next, which is expected.
  void client.destroy();
}

// Puts the client together: one connection pool, one caller, and the groups of operations.
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { type AccountCalls, accountCalls } from './calls/account.calls.ts';
import { type AnalyticsCalls, analyticsCalls } from './calls/analytics.calls.ts';
import { type BoardSectionCalls, boardSectionCalls } from './calls/board-sections.calls.ts';
import { type BoardCalls, boardCalls } from './calls/boards.calls.ts';
import { type MediaCalls, mediaCalls } from './calls/media.calls.ts';
import { type OAuthCalls, oauthCalls } from './calls/oauth.calls.ts';
import { type PinCalls, pinCalls } from './calls/pins.calls.ts';
import { createCaller } from './wire/caller.ts';
import { createTransport } from './wire/transport.ts';
import type { OnCall } from './wire/watch-calls.ts';

export interface PinterestOptions {
  /** With `/v5`: production, sandbox or simulator. */
  apiUrl: string;
  /** The address for exchanging tokens. Default: `/oauth/token` below the API's address. */
  tokenUrl?: string;
  clock: Clock;
  log: Log;
  /** For a whole call. Default: 15 s for reads; 30 s for writes and 1 s more for each 256 KB sent. */
  timeoutMs?: number;
  /** Concurrent calls to one host, reads and writes counted apart. Further calls wait within their time limit. */
  connectionsMax?: number;
  onCall?: OnCall;
  /** Secrets that no message may contain, besides those that a call sends. */
  secrets?: readonly string[];
}

export interface Pinterest
  extends AccountCalls,
    AnalyticsCalls,
    BoardCalls,
    BoardSectionCalls,
    MediaCalls,
    OAuthCalls,
    PinCalls {
  /** Aborts running calls, which then count as lost. Wait for your calls first. */
  close(): Promise<void>;
}

const connectionsMaxDefault = 100;

export function createPinterest(options: PinterestOptions): Pinterest {
  const { clock, log } = options;
  const transport = createTransport(clock, options.connectionsMax ?? connectionsMaxDefault);
  const caller = createCaller({ ...options, transport, clock, log });
  const allowsPlainHttp = options.apiUrl.startsWith('http:');
  return {
    ...accountCalls(caller),
    ...analyticsCalls(caller),
    ...boardCalls(caller),
    ...boardSectionCalls(caller),
    ...mediaCalls({ caller, transport, log, allowsPlainHttp }),
    ...oauthCalls(caller),
    ...pinCalls(caller),
    close: () => transport.close(),
  };
}

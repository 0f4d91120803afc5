// Puts the client together: one connection pool, one caller, and the groups of operations.
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { type AccountCalls, accountCalls } from './calls/account.calls.ts';
import { type AnalyticsCalls, analyticsCalls } from './calls/analytics.calls.ts';
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
  /** Where tokens are exchanged; `/oauth/token` below the API's address unless given. */
  tokenUrl?: string;
  clock: Clock;
  log: Log;
  /** For a whole call. Default: 15 s for reads; 30 s for writes and 1 s more for each 256 KB sent. */
  timeoutMs?: number;
  /** Calls under way at a time to one host, reads and writes apart; the others wait, within their time limit. */
  connectionsMax?: number;
  onCall?: OnCall;
  /** Never to be repeated, whatever Pinterest says. What a call sends is known to it anyway. */
  secrets?: readonly string[];
}

export interface Pinterest
  extends AccountCalls,
    AnalyticsCalls,
    BoardCalls,
    MediaCalls,
    OAuthCalls,
    PinCalls {
  /** Cuts what is still running, which then counts as lost; wait for your calls first. */
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
    ...mediaCalls({ caller, transport, log, allowsPlainHttp }),
    ...oauthCalls(caller),
    ...pinCalls(caller),
    close: () => transport.close(),
  };
}

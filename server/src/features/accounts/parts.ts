// The parts that this room works with. Built once, in app.ts.
import type { Environment, PinterestEnvironments } from '../../pinterest/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { Log } from '../../platform/log.ts';
import type { Gate } from '../../platform/work/gate.ts';

/** The parts that work with tokens. The clock is for timers and workers; a use case uses the clock of its context. */
export interface TokenParts {
  database: Database;
  clock: Clock;
  log: Log;
  pinterest: PinterestEnvironments;
  encryption: Encryption;
}

/** The parts of the pages that anybody can open. */
export interface PageParts extends AccountParts {
  /** Limits the look-ups of secrets that run at the same time. */
  lookups: Gate;
}

export interface AccountParts extends TokenParts {
  /** The URL at which callers reach this server, without a trailing slash. */
  publicUrl: string;
  /** The environment of an account that is connected without naming one. */
  environment: Environment;
  /** The origins of apps to which connect links may lead back. Empty: any. */
  returnOrigins: readonly string[];
}

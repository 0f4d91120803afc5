// The parts that this room works with. Built once, in app.ts.
import type { PinterestEnvironments } from '../../pinterest/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import type { AccountsForWork } from '../accounts/index.ts';
import type { RunningReads } from './running-reads.ts';

export interface BoardParts {
  database: Database;
  /** Decides whether stored boards are fresh: for requests, batches and checks of posts alike. */
  clock: Clock;
  pinterest: PinterestEnvironments;
  accounts: AccountsForWork;
  runningReads: RunningReads;
}

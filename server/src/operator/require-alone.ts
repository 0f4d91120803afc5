// For commands that change data which a running Pintail has in memory or may be about to act on.

import { pause } from '../platform/clock.ts';
import type { Database } from '../platform/db/index.ts';
import { CommandProblem } from './failure.ts';
import { countOthers } from './require-alone.queries.ts';

const pollMs = 100;
/** PostgreSQL lists a connection for a moment after it has ended, such as that of our own migrations. */
const pollsMax = 10;

/** @throws CommandProblem when another process of Pintail uses the database. */
export async function requireAlone(database: Database): Promise<void> {
  for (let polls = 0; (await countOthers(database.db)) > 0; polls += 1) {
    if (polls === pollsMax)
      throw new CommandProblem('Pintail is running on this database. Stop it first; this takes seconds.');
    await pause(pollMs);
  }
}

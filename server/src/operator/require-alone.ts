// For commands that change what a running Pintail holds in its memory, or may be about to act on.

import { pause } from '../platform/clock.ts';
import type { Database } from '../platform/db/index.ts';
import { CommandProblem } from './failure.ts';
import { countOthers } from './require-alone.queries.ts';

const pollMs = 100;
/** PostgreSQL takes a moment to forget a connection that has ended, such as the one of our own migrations. */
const looks = 10;

/** @throws CommandProblem when another process of Pintail uses the database. */
export async function requireAlone(database: Database): Promise<void> {
  for (let look = 0; (await countOthers(database.db)) > 0; look += 1) {
    if (look === looks)
      throw new CommandProblem('Pintail is running on this database. Stop it first; this takes seconds.');
    await pause(pollMs);
  }
}

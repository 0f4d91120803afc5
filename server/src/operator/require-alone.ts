// Ensures that Pintail is stopped, for commands that change data that a running process has in memory or is about to
// use.
import { pause } from '../platform/clock.ts';
import type { Database } from '../platform/db/index.ts';
import { CommandProblem } from './failure.ts';
import { countOthers } from './require-alone.queries.ts';

const pollMs = 100;
/** PostgreSQL lists a connection, such as that of the migrations, for a moment after it has ended. */
const pollsMax = 10;

/** @throws CommandProblem when another process of Pintail uses the database. */
export async function requireAlone(database: Database): Promise<void> {
  for (let polls = 0; (await countOthers(database.db)) > 0; polls += 1) {
    if (polls === pollsMax)
      throw new CommandProblem(
        'Pintail is running on this database. Stop it, then run this command again; it takes seconds.',
      );
    await pause(pollMs);
  }
}

// The parts that this room works with. Built once, in app.ts.
import type { Database } from '../../platform/db/index.ts';

export interface ScheduleParts {
  database: Database;
  /** Query parameters of a URL that do not make another destination; `*` at the end stands for any ending. */
  trackingParameters: readonly string[];
}

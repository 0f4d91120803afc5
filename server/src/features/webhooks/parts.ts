// The parts that this room works with. Built once, in app.ts.
import type { Database } from '../../platform/db/index.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { Jobs } from '../../platform/jobs/index.ts';
import type { Outbound } from '../../platform/outbound/index.ts';

export interface WebhookParts {
  database: Database;
  jobs: Jobs;
  outbound: Outbound;
  encryption: Encryption;
}

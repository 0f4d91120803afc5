// Declares the gauges of a process. Each room declares its own; this file lists the rooms that have gauges.
import type { Config } from './config.ts';
import { declareAccountGauges } from './features/accounts/index.ts';
import { declareEventGauges } from './features/events/index.ts';
import { declareLaneGauges } from './features/lanes/index.ts';
import { declarePostGauges } from './features/posts/index.ts';
import { declarePublishingGauges } from './features/publishing/index.ts';
import { declareWebhookGauges } from './features/webhooks/index.ts';
import type { Clock } from './platform/clock.ts';
import type { Database } from './platform/db/index.ts';
import type { Log } from './platform/log.ts';
import { type Metrics, watchDisk, watchPool, watchProcess } from './platform/metrics.ts';
import { version } from './platform/version.ts';
import { watchStoredGauges } from './status/index.ts';

export interface GaugeParts {
  config: Config;
  database: Database;
  clock: Clock;
  log: Log;
  metrics: Metrics;
}

/** Declares the gauges of this process and of the database. */
export function declareGauges({ config, database, clock, log, metrics }: GaugeParts): void {
  watchProcess(metrics, clock);
  watchPool(metrics, database.pool);
  watchDisk(metrics, config.dataDir);
  const readings = [
    declarePostGauges(metrics),
    declareLaneGauges(metrics),
    declareAccountGauges(metrics),
    declarePublishingGauges(metrics),
    declareWebhookGauges(metrics),
    declareEventGauges(metrics),
  ];
  watchStoredGauges({ metrics, database, clock, log, readings });
  metrics
    .gauge('pintail_info', 'Always 1. Its labels have the version and the role.', ['version', 'role'])
    .set({ version, role: config.role }, 1);
}

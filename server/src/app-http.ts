// The HTTP servers of a process: the whole API, or only the status for a process that only publishes.
import type { FastifyInstance } from 'fastify';
import type { Config } from './config.ts';
import { errorDetailCodes } from './detail-codes.ts';
import { logIdPrefixes } from './domain/log-ids.ts';
import { type AccountParts, connectPaths, registerConnectPages } from './features/accounts/index.ts';
import type { AuthService } from './features/auth/index.ts';
import { eventsCheck } from './features/events/index.ts';
import { type MediaService, mediaFilePaths, registerMediaFiles } from './features/media/index.ts';
import { webhookMessages } from './features/webhooks/index.ts';
import {
  type Check,
  databaseCheck,
  diskCheck,
  migrationsCheck,
  storageCheck,
} from './platform/checks/index.ts';
import type { Clock } from './platform/clock.ts';
import type { Database } from './platform/db/index.ts';
import type { Encryption } from './platform/encryption.ts';
import { type Route, readExamples } from './platform/http/contract/index.ts';
import {
  createBodyMemory,
  createHttpServer,
  createHttpWatch,
  createOpenApi,
  docsPaths,
  isLoopbackHost,
  serveDocs,
} from './platform/http/index.ts';
import type { Log } from './platform/log.ts';
import type { Metrics } from './platform/metrics.ts';
import type { Storage } from './platform/storage/index.ts';
import { version } from './platform/version.ts';
import {
  healthPaths,
  metricsPaths,
  registerHealth,
  registerMetrics,
  registerStartPage,
  startPagePaths,
} from './status/index.ts';

export interface AppHttpParts {
  config: Config;
  database: Database;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  encryption: Encryption;
  storage: Storage;
  /** The URL at which callers reach this server, without a trailing slash. */
  publicUrl: string;
  auth: AuthService;
  accountParts: AccountParts;
  media: MediaService;
  routes: readonly Route[];
}

/** Creates the servers on demand: a process has at most one of them. */
export function createAppHttp(parts: AppHttpParts) {
  const { config, database, clock, log, encryption, auth, routes } = parts;
  const { ratePerMinute, organizationRatePerMinute, requestsMax, corsOrigins } = config;
  const bodyMemory = createBodyMemory();
  const watchHttp = createHttpWatch(parts.metrics, bodyMemory);
  const checks = checksOf(parts);
  const limits = { ratePerMinute, organizationRatePerMinute, requestsMax, bodyMemory };
  const isLocal = isLocalOnly(config);
  const options = {
    ...{ log, clock, database, encryption, corsOrigins, servesLoopbackOnly: isLocal },
    trustedProxies: config.trustedProxies,
    ...limits,
  };

  function addStatus(http: FastifyInstance, moreChecks: readonly Check[]): void {
    watchHttp(http);
    registerHealth(http, [...checks, ...moreChecks]);
    registerMetrics(http, { metrics: parts.metrics, token: config.metricsToken, isLocal });
  }

  return {
    openApi: () => openApiOf(parts),

    /** The checks that every process of this installation must pass. */
    checks,

    /** @param moreChecks Further checks that this process must pass to be ready. */
    createHttp(moreChecks: readonly Check[] = []): FastifyInstance {
      const authenticate = (key: string) => auth.authenticate(key);
      const http = createHttpServer({ ...options, routes, logIds: logIdPrefixes, authenticate });
      addStatus(http, moreChecks);
      addPages(http, parts);
      return http;
    },

    /** Creates the server of a process that only publishes. */
    createStatusHttp(moreChecks: readonly Check[]): FastifyInstance {
      const authenticate = async () => null;
      const http = createHttpServer({ ...options, routes: [], logIds: {}, authenticate });
      addStatus(http, moreChecks);
      return http;
    },
  };
}

function checksOf({ config, database, storage, clock }: AppHttpParts): readonly Check[] {
  return [
    databaseCheck(database),
    migrationsCheck(database),
    storageCheck(storage, clock),
    diskCheck(config.dataDir),
    eventsCheck(database, clock),
  ];
}

/** Whether callers of other machines cannot be meant: it listens on loopback, and has no public URL. */
function isLocalOnly({ host, publicUrl }: Config): boolean {
  return isLoopbackHost(host) && (publicUrl === undefined || isLoopbackHost(new URL(publicUrl).hostname));
}

/** Adds the paths that are not operations of the API. */
function addPages(http: FastifyInstance, parts: AppHttpParts): void {
  registerMediaFiles(http, parts);
  registerConnectPages(http, parts.accountParts);
  serveDocs(http, () => openApiOf(parts));
  registerStartPage(http);
}

function openApiOf({ routes, publicUrl }: AppHttpParts) {
  return createOpenApi({
    routes,
    system: {
      ...startPagePaths,
      ...healthPaths,
      ...metricsPaths,
      ...docsPaths,
      ...mediaFilePaths,
      ...connectPaths,
    },
    webhooks: webhookMessages,
    info: { version, url: publicUrl },
    examples: readExamples(),
    detailCodes: errorDetailCodes,
  });
}

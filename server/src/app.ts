// Builds every part once, by hand. Who needs what can be read here.
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Config } from './config.ts';
import { logIdPrefixes } from './domain/log-ids.ts';
import {
  type AccountParts,
  accountRoutes,
  bindAccounts,
  declareAccountGauges,
  registerConnectCallback,
} from './features/accounts/index.ts';
import { createAuth, type KeyParts, keyPrefixOf, keyRoutes, meRoutes } from './features/auth/index.ts';
import {
  type BoardParts,
  bindBoards,
  boardListRoutes,
  boardRoutes,
  createRunningReads,
} from './features/boards/index.ts';
import { createEventSweep, eventRoutes, openEventLog } from './features/events/index.ts';
import { declareLaneGauges } from './features/lanes/index.ts';
import {
  createLibrary,
  createMedia,
  mediaRoutes,
  registerMediaFiles,
  watchMedia,
} from './features/media/index.ts';
import {
  type BatchParts,
  createPostSweeps,
  declarePostGauges,
  hasPostEnded,
  postLimits,
  postRoutes,
  workOnBatches,
} from './features/posts/index.ts';
import {
  createAppBudget,
  createLaneStore,
  createPublishGate,
  createPublishingSweeps,
  createPublishMetrics,
  createVideoStore,
  createWorker,
  declarePublishingGauges,
  type WorkerParts,
  watchVideos,
} from './features/publishing/index.ts';
import { createSchedule, scheduleRoutes } from './features/schedule/index.ts';
import { createWebhooks, declareWebhookGauges, webhookRoutes } from './features/webhooks/index.ts';
import { openStorage } from './open-storage.ts';
import type { PinterestEnvironments } from './pinterest/index.ts';
import {
  type Check,
  databaseCheck,
  diskCheck,
  migrationsCheck,
  storageCheck,
} from './platform/checks/index.ts';
import type { Clock } from './platform/clock.ts';
import type { Database } from './platform/db/index.ts';
import { createEncryption, keyFromFile, oldKeyFromFile } from './platform/encryption.ts';
import { createBodyMemory } from './platform/http/bodies/body-memory.ts';
import { readExamples } from './platform/http/contract/examples.ts';
import { pageEntriesMax } from './platform/http/contract/fields.ts';
import { resealAnswers } from './platform/http/idempotency/sealed-answer.ts';
import { serveDocs } from './platform/http/openapi/docs-page.ts';
import { createOpenApi } from './platform/http/openapi/openapi.ts';
import { bodyBytesMax, createHttpServer } from './platform/http/server.ts';
import { createHttpWatch } from './platform/http/watch-http.ts';
import { createJobs } from './platform/jobs/index.ts';
import type { Log } from './platform/log.ts';
import { createMetrics, type Metrics, watchDisk, watchPool, watchProcess } from './platform/metrics.ts';
import { createOutbound } from './platform/outbound/index.ts';
import { version } from './platform/version.ts';
import { createSweeper } from './platform/work/sweeper.ts';
import { registerHealth, registerMetrics, watchStoredGauges } from './status/index.ts';

export interface AppParts {
  config: Config;
  database: Database;
  clock: Clock;
  log: Log;
  pinterest: PinterestEnvironments;
  /** How callers reach this server, without a slash at the end. */
  publicUrl: string;
  /** Private addresses from which media may be fetched, besides those in the settings. */
  allowedPrivateHosts?: readonly string[];
  /** Where the parts count; the app's own unless parts outside of it count there too. */
  metrics?: Metrics;
}

/** Where the encryption key is kept when the settings have none. */
export function keyFileOf(config: Config): string {
  return join(config.dataDir, 'encryption.key');
}

/** How many accounts a worker process serves at a time. */
const lanesMax = 64;

export type App = Awaited<ReturnType<typeof createApp>>;

export async function createApp(parts: AppParts) {
  const { config, database, clock, log, pinterest, publicUrl, metrics = createMetrics() } = parts;
  const keyFile = keyFileOf(config);
  const encryption = createEncryption(
    config.encryptionKey ?? keyFromFile(keyFile),
    config.encryptionKeyOld ?? oldKeyFromFile(keyFile),
  );
  const outbound = createOutbound({
    allowedPrivateHosts: [...config.mediaAllowedPrivateHosts, ...(parts.allowedPrivateHosts ?? [])],
    clock,
  });
  const storage = await openStorage(config, clock);

  const jobs = createJobs({ database, clock, log });

  const auth = createAuth({ database, clock });
  const accountParts: AccountParts = {
    database,
    clock,
    log,
    pinterest,
    encryption,
    publicUrl,
    environment: config.pinterestEnvironment,
  };
  const accounts = bindAccounts(accountParts);
  const keys: KeyParts = {
    database,
    auth,
    listVisibleAccountIds: accounts.listVisibleIds,
    prefix: keyPrefixOf(config.pinterestEnvironment),
  };
  const boardParts: BoardParts = {
    database,
    clock,
    pinterest,
    accounts,
    runningReads: createRunningReads(),
  };
  const boards = bindBoards(boardParts);
  const media = watchMedia(
    await createMedia({
      database,
      clock,
      storage,
      outbound,
      log,
      temporaryDir: join(config.dataDir, 'incoming'),
      graceMs: config.mediaGraceMs,
    }),
    metrics,
  );
  const library = createLibrary({ database, clock, media, publicUrl });
  const schedule = createSchedule({
    database,
    clock,
    accounts,
    trackingParameters: config.trackingParameters,
  });
  const posts: BatchParts = {
    database,
    clock,
    accounts,
    boards,
    media,
    schedule,
    jobs,
    publicUrl,
    accessLevel: config.pinterestAccessLevel,
  };
  workOnBatches(posts);

  const lanes = createLaneStore(database);
  const events = openEventLog({ database, clock, log });
  const videos = watchVideos(createVideoStore(database), metrics);
  const webhooks = createWebhooks({
    metrics,
    database,
    clock,
    log,
    jobs,
    encryption,
    accounts,
    outbound: createOutbound({ allowedPrivateHosts: config.webhookAllowedPrivateHosts, clock }),
    random: Math.random,
  });

  const sweeper = createSweeper({
    clock,
    log,
    sweeps: [
      ...createPublishingSweeps({ lanes, videos, clock, log }),
      ...createPostSweeps({ database, clock }),
      createEventSweep({ database, clock, eventRetentionMs: config.eventsKeptMs, hasPostEnded }),
    ],
  });

  const routes = [
    ...postRoutes(posts),
    ...accountRoutes(accountParts),
    ...boardRoutes(boardParts),
    ...boardListRoutes(boardParts),
    ...scheduleRoutes(schedule),
    ...mediaRoutes(library),
    ...eventRoutes(events),
    ...keyRoutes(keys, clock),
    ...meRoutes(keys, { ...postLimits, ratePerMinute: config.ratePerMinute, bodyBytesMax, pageEntriesMax }),
    ...webhookRoutes(webhooks.service),
  ];

  declareGauges(parts, metrics);
  const bodyMemory = createBodyMemory();
  const watchHttp = createHttpWatch(metrics, bodyMemory);
  const publishMetrics = createPublishMetrics(metrics, clock);
  const checks = [
    databaseCheck(database),
    migrationsCheck(database),
    storageCheck(storage, clock),
    diskCheck(config.dataDir),
  ];

  const { ratePerMinute, requestsMax, corsOrigins } = config;
  const httpParts = { log, clock, database, encryption, ratePerMinute, requestsMax, corsOrigins, bodyMemory };

  /** For the people and programs that monitor this process. */
  function addStatus(http: FastifyInstance, moreChecks: readonly Check[]): void {
    watchHttp(http);
    registerHealth(http, [...checks, ...moreChecks]);
    registerMetrics(http, { metrics, token: config.metricsToken });
  }

  return {
    auth,
    jobs,
    webhooks: webhooks.pump,
    accounts,
    boards,
    media,
    lanes,
    schedule,
    storage,
    sweeper,
    videos,
    pinterest,
    routes,

    /** Checks that any process of this installation must pass. */
    checks,
    /** When this process's worker last looked for due posts. */
    lastLookAt: publishMetrics.lastLookAt,

    /** Encrypts with the present key whatever is encrypted with an older one. Every room that keeps secrets is here. */
    resealSecrets: async () => ({
      accounts: await accounts.resealTokens(),
      webhooks: await webhooks.resealSecrets(),
      answers: await resealAnswers(database.db, encryption),
    }),

    /** @param moreChecks What else must hold for this process to be ready. */
    createHttp(moreChecks: readonly Check[] = []): FastifyInstance {
      const http = createHttpServer({
        ...httpParts,
        routes,
        logIds: logIdPrefixes,
        authenticate: (key) => auth.authenticate(key),
      });
      addStatus(http, moreChecks);
      registerMediaFiles(http, { media });
      registerConnectCallback(http, accountParts);
      serveDocs(http, () => createOpenApi(routes, { version, url: publicUrl }, readExamples()));
      return http;
    },

    /** For a process that only publishes: nothing but its status. */
    createStatusHttp(moreChecks: readonly Check[]): FastifyInstance {
      const http = createHttpServer({
        ...httpParts,
        routes: [],
        logIds: {},
        authenticate: async () => null,
      });
      addStatus(http, moreChecks);
      return http;
    },

    /** @param change For tests: what should be another part than the app's own. */
    createWorker(change: Partial<WorkerParts> = {}) {
      return createWorker({
        lanes,
        videos,
        publishGate: createPublishGate(config.createsMax),
        nextTimeslot: (account, after) => schedule.nextOccurrence(database.db, account, after),
        videoLeadMs: config.videoLeadMs,
        clock,
        log,
        pinterest,
        accounts,
        media,
        appBudget: createAppBudget({
          database,
          clock,
          pinterest,
          accessLevel: config.pinterestAccessLevel,
        }),
        sendIsStandard: config.sendIsStandard,
        confirmDelaysMs: config.confirmDelaysMs,
        leaseMs: config.leaseMs,
        owner: `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`,
        lanesMax,
        metrics: publishMetrics,
        random: Math.random,
        ...change,
      });
    },
  };
}

/** The gauges of this process and of the database; each room declares its own. */
function declareGauges({ config, database, clock, log }: AppParts, metrics: Metrics): void {
  watchProcess(metrics, clock);
  watchPool(metrics, database.pool);
  watchDisk(metrics, config.dataDir);
  watchStoredGauges({
    metrics,
    database,
    clock,
    log,
    readings: [
      declarePostGauges(metrics),
      declareLaneGauges(metrics),
      declareAccountGauges(metrics),
      declarePublishingGauges(metrics),
      declareWebhookGauges(metrics),
    ],
  });
  metrics
    .gauge('pintail_info', 'Always 1; says which Pintail this is.', ['version', 'role'])
    .set({ version, role: config.role }, 1);
}

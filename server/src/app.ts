// Builds every part once, by hand, in the order of their dependencies.
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { declareGauges } from './app-gauges.ts';
import { createAppHttp } from './app-http.ts';
import type { Config } from './config.ts';
import {
  type AccountParts,
  accountRoutes,
  bindAccounts,
  encryptionKeyCheck,
  listVisibleIds,
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
import { createMedia, type MediaParts, mediaRoutes, watchMedia } from './features/media/index.ts';
import {
  type BatchParts,
  createPostSweeps,
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
  type WorkerParts,
  watchVideos,
} from './features/publishing/index.ts';
import { bindSchedule, type ScheduleParts, scheduleRoutes } from './features/schedule/index.ts';
import { createWebhooks, type WebhookParts, webhookRoutes } from './features/webhooks/index.ts';
import { openStorage } from './open-storage.ts';
import type { PinterestEnvironments } from './pinterest/index.ts';
import type { Clock } from './platform/clock.ts';
import type { Database } from './platform/db/index.ts';
import { createEncryption, keyFromFile, oldKeyFromFile } from './platform/encryption.ts';
import { pageEntriesMax } from './platform/http/contract/index.ts';
import { bodyBytesMax, resealAnswers } from './platform/http/index.ts';

import { createJobs } from './platform/jobs/index.ts';
import type { Log } from './platform/log.ts';
import { createMetrics, type Metrics } from './platform/metrics.ts';
import { createOutbound } from './platform/outbound/index.ts';
import { createSweeper } from './platform/work/sweeper.ts';

export interface AppParts {
  config: Config;
  database: Database;
  clock: Clock;
  log: Log;
  pinterest: PinterestEnvironments;
  /** The URL at which callers reach this server, without a trailing slash. */
  publicUrl: string;
  /** Private addresses from which media may be fetched, in addition to those in the settings. */
  allowedPrivateHosts?: readonly string[];
  /** The registry of metrics. Default: a new one. */
  metrics?: Metrics;
}

/** Returns the path of the encryption key file, for an installation without a key in its settings. */
export function keyFileOf(config: Config): string {
  return join(config.dataDir, 'encryption.key');
}

/** The number of accounts that a worker process serves at a time. */
const lanesMax = 64;

export type App = Awaited<ReturnType<typeof createApp>>;

/** Builds the parts of a process. Nothing runs until the caller starts it. */
export async function createApp(parts: AppParts) {
  const base = await createBase(parts);
  const rooms = await createRooms(base);
  const background = createBackground(base, rooms);
  const routes = routesOf(base, rooms, background);
  declareGauges(base);
  return {
    auth: rooms.auth,
    accounts: rooms.accounts,
    boards: rooms.boards,
    media: rooms.media,
    schedule: rooms.schedule,
    storage: base.storage,
    pinterest: base.pinterest,
    jobs: base.jobs,
    lanes: background.lanes,
    videos: background.videos,
    webhooks: background.webhooks.sender,
    sweeper: background.sweeper,
    /** The time at which this process's worker last polled for due posts. */
    lastPollAt: background.publishMetrics.lastPollAt,
    routes,
    ...createAppHttp({ ...base, ...rooms, routes }),
    /** Whether this process has the key of the stored tokens. */
    encryptionKeyCheck: encryptionKeyCheck(base.database, base.encryption),
    resealSecrets: () => resealSecrets(base, rooms, background),
    /** @param change For tests: parts that replace the app's own. */
    createWorker: (change: Partial<WorkerParts> = {}) =>
      createWorker({ ...workerPartsOf(base, rooms, background), ...change }),
  };
}

type Base = Awaited<ReturnType<typeof createBase>>;
type Rooms = Awaited<ReturnType<typeof createRooms>>;
type Background = ReturnType<typeof createBackground>;

/** The parts of the platform that the rooms share. */
async function createBase(parts: AppParts) {
  const { config, database, clock, log, metrics = createMetrics() } = parts;
  const keyFile = keyFileOf(config);
  return {
    ...parts,
    metrics,
    encryption: createEncryption(
      config.encryptionKey ?? keyFromFile(keyFile),
      config.encryptionKeyOld ?? oldKeyFromFile(keyFile),
    ),
    storage: await openStorage(config, clock),
    jobs: createJobs({ database, clock, log }),
  };
}

/** The rooms, in the order in which they use each other. */
async function createRooms(base: Base) {
  const { config, database, clock, log, pinterest, encryption, publicUrl, jobs } = base;
  const keyPrefix = keyPrefixOf(config.pinterestEnvironment);
  const auth = createAuth({ database, clock, keyPrefix });
  const accountParts: AccountParts = {
    database,
    clock,
    log,
    pinterest,
    encryption,
    publicUrl,
    environment: config.pinterestEnvironment,
    returnOrigins: config.connectReturnOrigins,
  };
  const accounts = bindAccounts(accountParts);
  const keyParts: KeyParts = {
    database,
    auth,
    listVisibleAccountIds: listVisibleIds,
    prefix: keyPrefix,
  };
  const boardParts: BoardParts = {
    database,
    clock,
    pinterest,
    accounts,
    runningReads: createRunningReads(),
  };
  const boards = bindBoards(boardParts);
  const media = await createWatchedMedia(base);
  const mediaParts: MediaParts = { database, media, publicUrl };
  const scheduleParts: ScheduleParts = { database, trackingParameters: config.trackingParameters };
  const schedule = bindSchedule(scheduleParts);
  const postParts: BatchParts = {
    database,
    clock,
    boards,
    media,
    schedule,
    jobs,
    publicUrl,
    pinUrl: pinterest.pinUrl,
    accessLevel: config.pinterestAccessLevel,
  };
  const webhookParts: WebhookParts = {
    database,
    jobs,
    encryption,
    outbound: createOutbound({ allowedPrivateHosts: config.webhookAllowedPrivateHosts, clock }),
  };
  return {
    auth,
    keyParts,
    accounts,
    accountParts,
    boards,
    boardParts,
    media,
    mediaParts,
    scheduleParts,
    schedule,
    postParts,
    webhookParts,
  };
}

async function createWatchedMedia(base: Base) {
  const { config, database, clock, log, storage, allowedPrivateHosts = [] } = base;
  const media = await createMedia({
    database,
    clock,
    storage,
    outbound: createOutbound({
      allowedPrivateHosts: [...config.mediaAllowedPrivateHosts, ...allowedPrivateHosts],
      clock,
    }),
    log,
    temporaryDir: join(config.dataDir, 'incoming'),
    graceMs: config.mediaGraceMs,
    organizationBytesMax: config.mediaOrganizationBytesMax,
  });
  return watchMedia(media, base.metrics);
}

/** The parts that work without a request: publishing, the event log, webhooks, batches and the sweeps. */
function createBackground(base: Base, { postParts, webhookParts }: Rooms) {
  const { config, database, clock, log, metrics } = base;
  const lanes = createLaneStore(database);
  const videos = watchVideos(createVideoStore(database), metrics);
  const events = openEventLog({ database, clock, log });
  const webhooks = createWebhooks({ ...webhookParts, clock, log, metrics, random: Math.random });
  workOnBatches(postParts);
  const sweeper = createSweeper({
    clock,
    log,
    sweeps: [
      ...createPublishingSweeps({ lanes, videos, clock, log }),
      ...createPostSweeps({ database, clock, postsKeptMs: config.postsKeptMs }),
      createEventSweep({ database, clock, eventRetentionMs: config.eventsKeptMs, hasPostEnded }),
    ],
  });
  return { lanes, videos, events, webhooks, sweeper, publishMetrics: createPublishMetrics(metrics, clock) };
}

/** The operations of the API, in the order of its document. */
function routesOf({ config, clock }: Base, rooms: Rooms, { events }: Background) {
  const { ratePerMinute } = config;
  return [
    ...postRoutes(rooms.postParts),
    ...accountRoutes(rooms.accountParts),
    ...boardRoutes(rooms.boardParts),
    ...boardListRoutes(rooms.boardParts),
    ...scheduleRoutes(rooms.scheduleParts),
    ...mediaRoutes(rooms.mediaParts),
    ...eventRoutes(events),
    ...keyRoutes(rooms.keyParts, clock),
    ...meRoutes(rooms.keyParts, { ...postLimits, ratePerMinute, bodyBytesMax, pageEntriesMax }),
    ...webhookRoutes(rooms.webhookParts),
  ];
}

function workerPartsOf(
  base: Base,
  { accounts, media, schedule }: Rooms,
  background: Background,
): WorkerParts {
  const { config, database, clock, log, pinterest } = base;
  const accessLevel = config.pinterestAccessLevel;
  return {
    lanes: background.lanes,
    videos: background.videos,
    publishGate: createPublishGate(config.createsMax),
    nextTimeslot: (account, after) => schedule.nextOccurrence(database.db, account, after),
    videoLeadMs: config.videoLeadMs,
    clock,
    log,
    pinterest,
    accounts,
    media,
    appBudget: createAppBudget({ database, clock, pinterest, accessLevel }),
    sendIsStandard: config.sendIsStandard,
    confirmDelaysMs: config.confirmDelaysMs,
    leaseMs: config.leaseMs,
    owner: `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`,
    lanesMax,
    metrics: background.publishMetrics,
    random: Math.random,
  };
}

/** Encrypts every secret with the current key. Must include every room that stores secrets. */
async function resealSecrets({ database, encryption }: Base, { accounts }: Rooms, { webhooks }: Background) {
  return {
    accounts: await accounts.resealTokens(),
    webhooks: await webhooks.resealSecrets(),
    answers: await resealAnswers(database.db, encryption),
  };
}

// Idempotency-Key (docs/api-contract.md#idempotency-and-concurrency): a request that is repeated with the same key gets
// the first response and has no second effect. The row of a key either marks a running request or contains the
// response, which is stored in the transaction of the effect, so that a crash leaves both or neither.
//
// Some responses show a secret once (an API key, the secret of a webhook), so all are encrypted, bound to their owner.
//
// Not stored: refusals before the handler runs (key, scope, schema), which have no effect; and 5xx responses, after
// which the request can be repeated.
import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { addMs, type Clock } from '../../clock.ts';
import type { Database } from '../../db/index.ts';
import type { Encryption } from '../../encryption.ts';
import { Refusal } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Commit, Result } from '../../use-case/index.ts';
import {
  badRequest,
  idempotencyInProgress,
  idempotencyKeyReused,
  idempotentAnswerLost,
} from '../contract/refusals.ts';
import {
  type Claim,
  claimKey,
  findRequest,
  releaseKey,
  removeExpired,
  renewRunning,
  type StoredAnswer,
  storeAnswer,
} from './idempotency.queries.ts';
import { openAnswer, sealAnswer } from './sealed-answer.ts';

const answerRetentionMs = 24 * 60 * 60 * 1000;
/** The time for which a process that died blocks its keys. */
const leaseMs = 30_000;
const renewEveryMs = 10_000;
const releaseEveryMs = 1_000;
const sweepEveryMs = 5 * 60_000;
const sweptAtOnceMax = 1000;
const keyLengthMax = 255;

export interface Answer extends StoredAnswer {
  /** The request that produced the response. */
  requestId: string;
  isReplayed: boolean;
}

/** A request with an idempotency key. */
export interface KeyedRun {
  claim: Claim;
  /** The handler. It must use this commit, which also stores the response. */
  work(commit: Commit): Promise<Result<unknown>>;
  /** Returns the response to send. */
  toAnswer(result: Result<unknown>): StoredAnswer;
  /** Returns the response to a refusal, or null if the request can be repeated with the same key. */
  toRefusedAnswer(refusal: Refusal): StoredAnswer | null;
}

export type Idempotency = ReturnType<typeof createIdempotency>;

export interface IdempotencyParts {
  database: Database;
  clock: Clock;
  log: Log;
  encryption: Encryption;
}

interface RunParts extends IdempotencyParts {
  /** The keys of requests that failed while the database was unavailable, with the ends of their leases. */
  unreleased: Map<Claim, Date>;
}

/** Runs requests under their keys, renews their leases, and removes expired keys. One per process. */
export function createIdempotency(idempotencyParts: IdempotencyParts) {
  const running = new Set<Claim>();
  const unreleased = new Map<Claim, Date>();
  const parts = { ...idempotencyParts, unreleased };
  const stopUpkeep = startUpkeep(parts, running);
  return {
    /** Runs a request, or returns the stored response if it has already run. */
    async run(run: KeyedRun): Promise<Answer> {
      const replayed = await claimOrReplay(parts, run.claim);
      if (replayed) return replayed;
      running.add(run.claim);
      try {
        const answer = await runClaimed(parts, run).catch((error: unknown) =>
          storeFailure(parts, run, error),
        );
        return { ...answer, requestId: run.claim.requestId, isReplayed: false };
      } finally {
        running.delete(run.claim);
      }
    },

    /** Stops the timers and waits for the work that they started. */
    close: stopUpkeep,
  };
}

/** Renews the leases of running requests and removes expired keys. Returns the function that stops it. */
function startUpkeep(parts: RunParts, running: ReadonlySet<Claim>): () => Promise<void> {
  const { database, clock, log, unreleased } = parts;
  const background = new Set<Promise<void>>();
  function inBackground(work: Promise<void>): void {
    const done = work
      .catch((error: unknown) => log.warn({ err: error }, 'the upkeep of idempotency keys failed'))
      .finally(() => background.delete(done));
    background.add(done);
  }
  const cancelRenewal = clock.every(renewEveryMs, () => {
    if (running.size > 0) inBackground(renewRunning(database.db, [...running], leaseUntil(clock)));
  });
  let isReleasing = false;
  const cancelRelease = clock.every(releaseEveryMs, () => {
    if (unreleased.size === 0 || isReleasing) return;
    isReleasing = true;
    inBackground(
      releaseAll(parts, unreleased).finally(() => {
        isReleasing = false;
      }),
    );
  });
  let isSweeping = false;
  const cancelSweep = clock.every(sweepEveryMs, () => {
    if (isSweeping) return;
    isSweeping = true;
    inBackground(
      sweep(parts).finally(() => {
        isSweeping = false;
      }),
    );
  });
  return async () => {
    cancelRenewal();
    cancelRelease();
    cancelSweep();
    await Promise.all(background);
  };
}

/** Releases the keys that could not be released during an outage. After the end of its lease a key is free anyway. */
async function releaseAll(
  { database, clock }: IdempotencyParts,
  unreleased: Map<Claim, Date>,
): Promise<void> {
  for (const [claim, until] of unreleased) {
    if (until > clock.now()) await releaseKey(database.db, claim);
    unreleased.delete(claim);
  }
}

async function sweep({ database, clock }: IdempotencyParts): Promise<void> {
  let removed = sweptAtOnceMax;
  while (removed === sweptAtOnceMax) removed = await removeExpired(database.db, clock.now(), sweptAtOnceMax);
}

function leaseUntil(clock: Clock): Date {
  return addMs(clock.now(), leaseMs);
}

function sealed(encryption: Encryption, claim: Claim, answer: StoredAnswer): StoredAnswer {
  return { ...answer, body: sealAnswer(encryption, claim, answer.body) };
}

/** Claims the key and returns null, or returns the response of the request that ran before. */
async function claimOrReplay(parts: IdempotencyParts, claim: Claim): Promise<Answer | null> {
  const { database, clock, log, encryption } = parts;
  const now = clock.now();
  const times = { now, leaseUntil: leaseUntil(clock), leaseMs, expiresAt: addMs(now, answerRetentionMs) };
  if (await claimKey(database.db, claim, times)) return null;
  const earlier = await findRequest(database.db, claim);
  // The other request failed between the two queries. The client can repeat this one.
  if (!earlier) throw idempotencyInProgress();
  if (!earlier.requestHash.equals(claim.requestHash)) throw idempotencyKeyReused();
  if (!earlier.answer) throw inProgress(earlier.leaseUntil, now);
  const body = openAnswer(encryption, claim, earlier.answer.body);
  if (body === null) {
    log.warn({ firstRequestId: earlier.requestId }, 'a stored response could not be decrypted');
    throw idempotentAnswerLost();
  }
  return { ...earlier.answer, body, requestId: earlier.requestId, isReplayed: true };
}

/**
 * The refusal of a request whose key another one has. A lease that was not renewed lately is of a process that died, or that
 * could not release it: it is free when the lease ends.
 */
function inProgress(until: Date, now: Date): Refusal {
  const leftMs = until.getTime() - now.getTime();
  const isRenewed = leftMs > leaseMs - 2 * renewEveryMs;
  const { declaration } = idempotencyInProgress;
  return isRenewed
    ? idempotencyInProgress()
    : new Refusal({ ...declaration, retryAfterSeconds: Math.max(1, Math.ceil(leftMs / 1000)) });
}

async function runClaimed(parts: IdempotencyParts, run: KeyedRun): Promise<StoredAnswer> {
  let committed: StoredAnswer | undefined;
  const commit: Commit = (work) =>
    parts.database.transaction(async (tx) => {
      const result = await work(tx);
      const answer = run.toAnswer(result);
      const stored = await storeAnswer(tx, run.claim, sealed(parts.encryption, run.claim, answer));
      // Another request claimed the key while this process was suspended, so this effect is rolled back.
      if (!stored) throw idempotencyInProgress();
      committed = answer;
      return result;
    });
  const result = await run.work(commit);
  return committed ?? (await storeAfterwards(parts, run.claim, run.toAnswer(result)));
}

/** Stores the response after an effect outside our database. If that fails, the response is sent nevertheless. */
async function storeAfterwards(
  { database, log, encryption }: IdempotencyParts,
  claim: Claim,
  answer: StoredAnswer,
): Promise<StoredAnswer> {
  try {
    if (!(await storeAnswer(database.db, claim, sealed(encryption, claim, answer))))
      log.warn('an idempotent request lost its lease');
  } catch (error) {
    log.warn({ err: error }, 'the response to an idempotent request could not be stored');
  }
  return answer;
}

/** Stores a refusal as the response. After other errors, releases the key and throws the error. */
async function storeFailure(parts: RunParts, run: KeyedRun, error: unknown): Promise<StoredAnswer> {
  const answer = error instanceof Refusal ? run.toRefusedAnswer(error) : null;
  if (answer !== null) return storeAfterwards(parts, run.claim, answer);
  await releaseKey(parts.database.db, run.claim).catch((cause: unknown) => {
    parts.log.warn({ err: cause }, 'an idempotency key could not be released; it is tried again');
    parts.unreleased.set(run.claim, leaseUntil(parts.clock));
  });
  throw error;
}

/** Returns the value of the header, or null without one and for reads, which can be repeated anyway. */
export function idempotencyKeyOf(request: FastifyRequest): string | null {
  const key = request.headers['idempotency-key'];
  if (key === undefined || request.method === 'GET' || request.method === 'HEAD') return null;
  if (typeof key === 'string' && key.length > 0 && key.length <= keyLengthMax) return key;
  throw badRequest([
    {
      path: 'Idempotency-Key',
      code: 'invalid_idempotency_key',
      message: `Must have 1 to ${keyLengthMax} characters.`,
    },
  ]);
}

/**
 * Returns a hash of method, path, query and body. Uploads are streamed, so the hash has their media type and announced
 * length instead of the body. Their boundary differs on each attempt.
 */
export function hashRequest(request: FastifyRequest): Buffer {
  const hash = createHash('sha256').update(`${request.method} ${request.url}\n`);
  if (request.bodyHash !== null) return hash.update(request.bodyHash).digest();
  const mediaType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  return hash.update(`${mediaType} ${request.headers['content-length'] ?? ''}`).digest();
}

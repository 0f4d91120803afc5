// Idempotency-Key (docs/api-contract.md#idempotency-and-concurrency): a request that is repeated with the same key gets
// the first answer, and its effect happens once. The row of a key says that its request is running, or has the answer, which
// is written in the transaction of the effect, so that a crash leaves both or neither.
//
// Some answers show a secret once (a key, the secret of a webhook), so all are stored encrypted, bound to their owner.
//
// Not stored: refusals from before the handler (key, scope, schema), which have no effect and cost nothing to
// repeat; and 5xx, after which the request may be tried again.
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

/** How long an answer is stored. */
const answerKeptMs = 24 * 60 * 60 * 1000;
/** How long after its death a process blocks its keys. */
const leaseMs = 30_000;
const renewEveryMs = 10_000;
const sweepEveryMs = 5 * 60_000;
const sweptAtOnceMax = 1000;
const keyLengthMax = 255;

export interface Answer extends StoredAnswer {
  /** The request that produced the answer. */
  requestId: string;
  isReplayed: boolean;
}

/** One request under a key. */
export interface KeyedRun {
  claim: Claim;
  /** The handler. It gets the commit in which its answer is stored. */
  work(commit: Commit): Promise<Result<unknown>>;
  /** The answer as it will be sent. */
  toAnswer(result: Result<unknown>): StoredAnswer;
  /** The answer to a refusal; null where the request may be tried again. */
  toRefusedAnswer(refusal: Refusal): StoredAnswer | null;
}

export type Idempotency = ReturnType<typeof createIdempotency>;

export interface IdempotencyParts {
  database: Database;
  clock: Clock;
  log: Log;
  encryption: Encryption;
}

/** Runs requests under their keys, renews their leases, and removes expired keys. One per process. */
export function createIdempotency(parts: IdempotencyParts) {
  const running = new Set<Claim>();
  const stopUpkeep = startUpkeep(parts, running);
  return {
    /** Runs a request once per key; a repetition gets the stored answer. */
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

    /** Ends the timers and waits for the work that they began. */
    close: stopUpkeep,
  };
}

/** Renews the leases of running requests and removes expired keys. Returns how to stop it. */
function startUpkeep(parts: IdempotencyParts, running: ReadonlySet<Claim>): () => Promise<void> {
  const { database, clock, log } = parts;
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
    cancelSweep();
    await Promise.all(background);
  };
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

/** Null when this request has claimed the key and must run; else the answer of the request that ran. */
async function claimOrReplay(parts: IdempotencyParts, claim: Claim): Promise<Answer | null> {
  const { database, clock, log, encryption } = parts;
  const now = clock.now();
  const until = { now, leaseUntil: leaseUntil(clock), expiresAt: addMs(now, answerKeptMs) };
  if (await claimKey(database.db, claim, until)) return null;
  const earlier = await findRequest(database.db, claim);
  // Gone between the two queries: the other request failed, and the client repeats this one.
  if (!earlier) throw idempotencyInProgress();
  if (!earlier.requestHash.equals(claim.requestHash)) throw idempotencyKeyReused();
  if (!earlier.answer) throw idempotencyInProgress();
  const body = openAnswer(encryption, claim, earlier.answer.body);
  if (body === null) {
    log.warn({ firstRequestId: earlier.requestId }, 'a stored answer could not be decrypted');
    throw idempotentAnswerLost();
  }
  return { ...earlier.answer, body, requestId: earlier.requestId, isReplayed: true };
}

async function runClaimed(parts: IdempotencyParts, run: KeyedRun): Promise<StoredAnswer> {
  let committed: StoredAnswer | undefined;
  const commit: Commit = (work) =>
    parts.database.transaction(async (tx) => {
      const result = await work(tx);
      const answer = run.toAnswer(result);
      const stored = await storeAnswer(tx, run.claim, sealed(parts.encryption, run.claim, answer));
      // Another request took the key over while this process was suspended: the effect of that one counts.
      if (!stored) throw idempotencyInProgress();
      committed = answer;
      return result;
    });
  const result = await run.work(commit);
  return committed ?? (await storeAfterwards(parts, run.claim, run.toAnswer(result)));
}

/** For an effect outside of our database: it has happened, so the answer is sent even if it cannot be stored. */
async function storeAfterwards(
  { database, log, encryption }: IdempotencyParts,
  claim: Claim,
  answer: StoredAnswer,
): Promise<StoredAnswer> {
  try {
    if (!(await storeAnswer(database.db, claim, sealed(encryption, claim, answer))))
      log.warn('an idempotent request lost its lease');
  } catch (error) {
    log.warn({ err: error }, 'the answer of an idempotent request could not be stored');
  }
  return answer;
}

/** Stores a refusal as the answer; after other errors the key is free again. */
async function storeFailure(parts: IdempotencyParts, run: KeyedRun, error: unknown): Promise<StoredAnswer> {
  const answer = error instanceof Refusal ? run.toRefusedAnswer(error) : null;
  if (answer !== null) return storeAfterwards(parts, run.claim, answer);
  // If this fails too, the lease expires.
  await releaseKey(parts.database.db, run.claim).catch((cause: unknown) =>
    parts.log.warn({ err: cause }, 'an idempotency key could not be released'),
  );
  throw error;
}

/** The value of the header; null without one, and for reads, which can be repeated anyway. */
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
 * Two requests are the same when method, path, query and the bytes of the body are. For an upload, which is streamed, the
 * media type and the announced length stand for the bytes; its boundary differs on each try.
 */
export function hashRequest(request: FastifyRequest): Buffer {
  const hash = createHash('sha256').update(`${request.method} ${request.url}\n`);
  if (request.bodyHash !== null) return hash.update(request.bodyHash).digest();
  const mediaType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  return hash.update(`${mediaType} ${request.headers['content-length'] ?? ''}`).digest();
}

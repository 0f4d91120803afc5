// Idempotency-Key (docs/api-contract.md#idempotency-and-concurrency): a request that is repeated with the same key gets
// the first answer, and its effect happens once. The row of a key says that its request runs, or holds the answer; the answer is written in
// the transaction of the effect, so that a crash leaves both or neither.
//
// Some answers show a secret once (a key, the secret of a webhook), so all are kept encrypted, bound to whose they are.
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
  renewLeases,
  type StoredAnswer,
  storeAnswer,
} from './idempotency.queries.ts';
import { openAnswer, sealAnswer } from './sealed-answer.ts';

/** For how long an answer is kept. */
const keptMs = 24 * 60 * 60 * 1000;
/** After how long the key of a process that died is free again. */
const leaseMs = 30_000;
const renewEveryMs = 10_000;
const sweepEveryMs = 5 * 60_000;
const sweptAtOnceMax = 1000;
const keyLengthMax = 255;

export interface Answer extends StoredAnswer {
  /** The request that made the answer. */
  requestId: string;
  isReplayed: boolean;
}

/** One request under a key. */
export interface KeyedRun {
  claim: Claim;
  /** The handler, given the commit in which its answer is kept. */
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

export function createIdempotency({ database, clock, log, encryption }: IdempotencyParts) {
  const running = new Set<Claim>();
  const background = new Set<Promise<void>>();
  const cancelRenewal = clock.every(renewEveryMs, () => {
    if (running.size > 0) inBackground(renewLeases(database.db, [...running], leaseUntil()));
  });
  let isSweeping = false;
  const cancelSweep = clock.every(sweepEveryMs, () => {
    if (isSweeping) return;
    isSweeping = true;
    inBackground(
      sweep().finally(() => {
        isSweeping = false;
      }),
    );
  });

  const leaseUntil = () => addMs(clock.now(), leaseMs);

  function inBackground(work: Promise<void>): void {
    const done = work
      .catch((error: unknown) => log.warn({ err: error }, 'the upkeep of idempotency keys failed'))
      .finally(() => background.delete(done));
    background.add(done);
  }

  async function sweep(): Promise<void> {
    let removed = sweptAtOnceMax;
    while (removed === sweptAtOnceMax)
      removed = await removeExpired(database.db, clock.now(), sweptAtOnceMax);
  }

  function sealed(claim: Claim, answer: StoredAnswer): StoredAnswer {
    return { ...answer, body: sealAnswer(encryption, claim, answer.body) };
  }

  /** Null when this request is the one to run; else the answer of the one that ran. */
  async function claimOrReplay(claim: Claim): Promise<Answer | null> {
    const now = clock.now();
    const until = { now, leaseUntil: leaseUntil(), expiresAt: addMs(now, keptMs) };
    if (await claimKey(database.db, claim, until)) return null;
    const found = await findRequest(database.db, claim);
    // Gone between the two queries: the other one failed, and this one comes again.
    if (!found) throw idempotencyInProgress();
    if (!found.requestHash.equals(claim.requestHash)) throw idempotencyKeyReused();
    if (!found.answer) throw idempotencyInProgress();
    const body = openAnswer(encryption, claim, found.answer.body);
    if (body === null) {
      log.warn({ firstRequestId: found.requestId }, 'a kept answer could not be decrypted');
      throw idempotentAnswerLost();
    }
    return { ...found.answer, body, requestId: found.requestId, isReplayed: true };
  }

  async function runClaimed(run: KeyedRun): Promise<StoredAnswer> {
    let committed: StoredAnswer | undefined;
    const commit: Commit = (work) =>
      database.transaction(async (tx) => {
        const result = await work(tx);
        const answer = run.toAnswer(result);
        // Another request took the key over while this process was away: that one's effect is the one that counts.
        if (!(await storeAnswer(tx, run.claim, sealed(run.claim, answer)))) throw idempotencyInProgress();
        committed = answer;
        return result;
      });
    const result = await run.work(commit);
    return committed ?? (await keep(run.claim, run.toAnswer(result)));
  }

  /** For an effect that is not in our database: it has happened, so the answer goes out even if it cannot be kept. */
  async function keep(claim: Claim, answer: StoredAnswer): Promise<StoredAnswer> {
    try {
      if (!(await storeAnswer(database.db, claim, sealed(claim, answer))))
        log.warn('an idempotent request lost its lease');
    } catch (error) {
      log.warn({ err: error }, 'the answer of an idempotent request could not be kept');
    }
    return answer;
  }

  async function settleFailed(run: KeyedRun, error: unknown): Promise<StoredAnswer> {
    const answer = error instanceof Refusal ? run.toRefusedAnswer(error) : null;
    if (answer !== null) return keep(run.claim, answer);
    // Where this fails too, the lease runs out.
    await releaseKey(database.db, run.claim).catch((cause: unknown) =>
      log.warn({ err: cause }, 'an idempotency key could not be released'),
    );
    throw error;
  }

  return {
    async run(run: KeyedRun): Promise<Answer> {
      const replayed = await claimOrReplay(run.claim);
      if (replayed) return replayed;
      running.add(run.claim);
      try {
        const answer = await runClaimed(run).catch((error: unknown) => settleFailed(run, error));
        return { ...answer, requestId: run.claim.requestId, isReplayed: false };
      } finally {
        running.delete(run.claim);
      }
    },

    /** Ends the timers and waits for what they began. */
    async close(): Promise<void> {
      cancelRenewal();
      cancelSweep();
      await Promise.all(background);
    },
  };
}

/** The header's value; null without one, and on reads, which can be repeated anyhow. */
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
 * What makes a request the same: method, path, query and the bytes of the body. Of an upload, which is streamed
 * and never held, the media type and the announced length stand for the bytes; its boundary is new on each try.
 */
export function hashRequest(request: FastifyRequest): Buffer {
  const hash = createHash('sha256').update(`${request.method} ${request.url}\n`);
  if (request.bodyHash !== null) return hash.update(request.bodyHash).digest();
  const mediaType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  return hash.update(`${mediaType} ${request.headers['content-length'] ?? ''}`).digest();
}

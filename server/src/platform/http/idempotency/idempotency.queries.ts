import { type Connection, isSealedOtherwise, sql } from '../../db/index.ts';
import { leaseHasEnded } from '../../work/lease.queries.ts';

/** An idempotency key with its owner, and the request that claims it. */
export interface Claim {
  keyId: string;
  idempotencyKey: string;
  requestHash: Buffer;
  requestId: string;
}

export interface StoredAnswer {
  status: number;
  etag: string | null;
  /** Encrypted in the database: see sealed-answer.ts. */
  body: Buffer;
}

export interface StoredRequest {
  requestHash: Buffer;
  requestId: string;
  /** Null while the request runs. */
  answer: StoredAnswer | null;
  /** When the right of the process that runs it ends, unless that renews it. */
  leaseUntil: Date;
}

/**
 * Claims a key for a request that is about to run. One of several concurrent claims succeeds. Also claims a key whose
 * row has expired, or whose process died before it stored a response.
 */
export async function claimKey(
  connection: Connection,
  claim: Claim,
  { now, leaseUntil, expiresAt, leaseMs }: { now: Date; leaseUntil: Date; expiresAt: Date; leaseMs: number },
): Promise<boolean> {
  const { rows } = await sql`
    insert into idempotent_requests as held
      (api_key_id, idempotency_key, request_hash, request_id, lease_until, expires_at)
    values (${claim.keyId}, ${claim.idempotencyKey}, ${claim.requestHash}, ${claim.requestId}, ${leaseUntil}, ${expiresAt})
    on conflict (api_key_id, idempotency_key) do update set
      request_hash = excluded.request_hash,
      request_id = excluded.request_id,
      lease_until = excluded.lease_until,
      expires_at = excluded.expires_at,
      status = null,
      etag = null,
      body = null
    where held.expires_at <= ${now} or (held.status is null and ${leaseHasEnded(sql`held.lease_until`, now, leaseMs)})
    returning 1 as claimed`.execute(connection);
  return rows.length > 0;
}

export async function findRequest(
  connection: Connection,
  { keyId, idempotencyKey }: Pick<Claim, 'keyId' | 'idempotencyKey'>,
): Promise<StoredRequest | undefined> {
  const row = await connection
    .selectFrom('idempotent_requests')
    .select(['request_hash', 'request_id', 'status', 'etag', 'body', 'lease_until'])
    .where('api_key_id', '=', keyId)
    .where('idempotency_key', '=', idempotencyKey)
    .executeTakeFirst();
  if (!row) return undefined;
  const { status, etag, body } = row;
  return {
    requestHash: row.request_hash,
    requestId: row.request_id,
    leaseUntil: row.lease_until,
    answer: status === null || body === null ? null : { status, etag, body },
  };
}

/** Stores the response of the request that claimed the key. Returns false if another request has claimed it since. */
export async function storeAnswer(
  connection: Connection,
  claim: Claim,
  answer: StoredAnswer,
): Promise<boolean> {
  const { numUpdatedRows } = await connection
    .updateTable('idempotent_requests')
    .set({ status: answer.status, etag: answer.etag, body: answer.body })
    .where('api_key_id', '=', claim.keyId)
    .where('idempotency_key', '=', claim.idempotencyKey)
    .where('request_id', '=', claim.requestId)
    .where('status', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Releases a key, so that it can be claimed again, unless a response has been stored. */
export async function releaseKey(connection: Connection, claim: Claim): Promise<void> {
  await connection
    .deleteFrom('idempotent_requests')
    .where('api_key_id', '=', claim.keyId)
    .where('idempotency_key', '=', claim.idempotencyKey)
    .where('request_id', '=', claim.requestId)
    .where('status', 'is', null)
    .execute();
}

/** Renews the leases of running requests. */
export async function renewRunning(
  connection: Connection,
  running: readonly Claim[],
  leaseUntil: Date,
): Promise<void> {
  await sql`
    update idempotent_requests as held set lease_until = ${leaseUntil}
    from unnest(
      ${running.map((claim) => claim.keyId)}::text[],
      ${running.map((claim) => claim.idempotencyKey)}::text[],
      ${running.map((claim) => claim.requestId)}::text[]
    ) as own (api_key_id, idempotency_key, request_id)
    where held.api_key_id = own.api_key_id
      and held.idempotency_key = own.idempotency_key
      and held.request_id = own.request_id
      and held.status is null`.execute(connection);
}

/** Deletes up to `limit` expired rows. Returns their number. */
export async function removeExpired(connection: Connection, now: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from idempotent_requests
    where (api_key_id, idempotency_key) in (
      select api_key_id, idempotency_key from idempotent_requests
      where expires_at <= ${now}
      order by expires_at
      limit ${limit}
      for update skip locked
    )`.execute(connection);
  return Number(numAffectedRows ?? 0n);
}

/** A stored response with its key and request. */
export type SealedAnswer = Pick<Claim, 'keyId' | 'idempotencyKey' | 'requestId'> & { body: Buffer };

/** Lists responses encrypted with another key, ordered by API key and idempotency key, after `after`. */
export async function listAnswersSealedOtherwise(
  connection: Connection,
  encryptionKeyId: Buffer,
  after: Pick<Claim, 'keyId' | 'idempotencyKey'>,
  limit: number,
): Promise<SealedAnswer[]> {
  const { rows } = await sql<SealedAnswer>`
    select api_key_id as "keyId", idempotency_key as "idempotencyKey", request_id as "requestId", body
    from idempotent_requests
    where (api_key_id, idempotency_key) > (${after.keyId}, ${after.idempotencyKey})
      and ${isSealedOtherwise('body', encryptionKeyId)}
    order by api_key_id, idempotency_key
    limit ${limit}`.execute(connection);
  return rows;
}

/** Replaces stored responses, unless another request has claimed the key since. Returns the number replaced. */
export async function replaceSealedAnswers(
  connection: Connection,
  answers: readonly SealedAnswer[],
): Promise<number> {
  const { numAffectedRows } = await sql`
    update idempotent_requests as held set body = resealed.body
    from unnest(
      ${answers.map((answer) => answer.keyId)}::text[],
      ${answers.map((answer) => answer.idempotencyKey)}::text[],
      ${answers.map((answer) => answer.requestId)}::text[],
      ${answers.map((answer) => answer.body)}::bytea[]
    ) as resealed (api_key_id, idempotency_key, request_id, body)
    where held.api_key_id = resealed.api_key_id
      and held.idempotency_key = resealed.idempotency_key
      and held.request_id = resealed.request_id
      and held.status is not null`.execute(connection);
  return Number(numAffectedRows ?? 0n);
}

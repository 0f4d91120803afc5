// Serves one endpoint under its lease: sends the deliveries that are due, several at a time, and records each result. An
// endpoint that fails repeatedly is paused for longer and longer, so that it costs the others nothing.

import { appendEvent } from '../../../domain/events.ts';
import { addMs, type Clock } from '../../../platform/clock.ts';
import type { Database, Tx } from '../../../platform/db/index.ts';
import type { Encryption } from '../../../platform/encryption.ts';
import type { Log } from '../../../platform/log.ts';
import {
  type Outbound,
  OutboundFailure,
  type OutboundReason,
  type Poster,
} from '../../../platform/outbound/index.ts';
import { systemActor } from '../../../platform/use-case/index.ts';
import type { Serving } from '../../../platform/work/poller.ts';
import { type DeliveryWithEvent, withEvents } from '../record/deliveries.queries.ts';
import { updateWebhookRow, type WebhookRow } from '../record/webhooks.queries.ts';
import {
  type AttemptRecord,
  failPending,
  type LeasedEndpoint,
  listDue,
  lockLeased,
  recordAttempts,
  releaseEndpoint,
  wakePending,
} from './endpoints.queries.ts';
import { toMessage } from './message.ts';
import { endpointPatienceMs, failuresToQuiet, nextAttemptAt, quietMs } from './retry.ts';
import { signedHeaders } from './signature.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

export interface EndpointParts {
  database: Database;
  clock: Clock;
  log: Log;
  outbound: Outbound;
  encryption: Encryption;
  random: () => number;
  watch: WebhookMetrics;
}

/** Deliveries of one endpoint that are sent at a time. */
const requestsMax = 10;
export const answerTimeoutMs = 10_000;
export const answerBytesKept = 2_000;
/** The time after which the endpoint is released, so that other endpoints are served. */
const servingMs = 30_000;

type Attempt = Omit<AttemptRecord, 'state' | 'nextAttemptAt'> & { expiresAt: Date; attempts: number };

const isDelivered = ({ status }: Attempt) => status !== null && status >= 200 && status < 300;
/** The receiver wants no more deliveries (Standard Webhooks). */
const isGone = ({ status }: Attempt) => status === 410;

/**
 * Sends the due deliveries, round by round, and releases the endpoint.
 * @throws An error of ours. The lease then expires, so that the endpoint is not tried again at once.
 */
export async function serveEndpoint(
  parts: EndpointParts,
  endpoint: LeasedEndpoint,
  serving: Serving,
): Promise<void> {
  let poster: Promise<Poster> | undefined;
  /** Its connections are used for every round. */
  const openPoster = () => {
    poster ??= parts.outbound.openPoster(endpoint.url, {
      connections: requestsMax,
      timeoutMs: answerTimeoutMs,
    });
    return poster;
  };
  try {
    await serveRounds(parts, endpoint, serving, openPoster);
  } finally {
    // Failure to open it was recorded in the deliveries.
    await poster?.then(
      (opened) => opened.close(),
      () => undefined,
    );
  }
  await releaseEndpoint(parts.database.db, endpoint, parts.clock.now());
}

async function serveRounds(
  parts: EndpointParts,
  endpoint: LeasedEndpoint,
  { lease, stopping }: Serving,
  openPoster: () => Promise<Poster>,
): Promise<void> {
  const began = parts.clock.now();
  let { failures } = endpoint;
  while (lease.isHeld()) {
    const changed = await serveRound(parts, endpoint, { failures, openPoster });
    if (!changed || changed.disabled_at !== null || changed.quiet_until !== null) return;
    if (stopping.aborted || elapsed(parts.clock, began) >= servingMs) return;
    ({ failures } = changed);
  }
}

/** @returns The webhook after the round; undefined when nothing was due, or another lease has followed. */
async function serveRound(
  parts: EndpointParts,
  endpoint: LeasedEndpoint,
  { failures, openPoster }: { failures: number; openPoster: () => Promise<Poster> },
): Promise<WebhookRow | undefined> {
  const { database, clock } = parts;
  const limit = failures >= failuresToQuiet ? 1 : requestsMax;
  const rows = await listDue(database.db, endpoint.id, clock.now(), limit);
  if (rows.length === 0) return undefined;
  const due = await withEvents(database.db, endpoint.organization_id, rows);
  const attempts = await attemptAll(parts, endpoint, due, openPoster);
  const records = toRecords(parts, attempts);
  const changed = await database.transaction((tx) => record(parts, tx, { endpoint, attempts, records }));
  if (!changed) return undefined;
  for (const { state } of records) parts.watch.attempted(state);
  if (changed.disabled_reason !== null) parts.watch.disabled(changed.disabled_reason);
  return changed;
}

async function attemptAll(
  parts: EndpointParts,
  webhook: WebhookRow,
  due: readonly DeliveryWithEvent[],
  openPoster: () => Promise<Poster>,
): Promise<Attempt[]> {
  const { clock } = parts;
  const secrets = secretsOf(parts, webhook);
  let poster: Poster;
  try {
    poster = await openPoster();
  } catch (error) {
    return due.map((delivery) => failed(delivery, clock.now(), 0, error));
  }
  return Promise.all(due.map((delivery) => attempt(parts, poster, delivery, secrets)));
}

async function attempt(
  { clock }: EndpointParts,
  poster: Poster,
  delivery: DeliveryWithEvent,
  secrets: readonly string[],
): Promise<Attempt> {
  const began = clock.now();
  if (delivery.event_id !== null && delivery.event === null) {
    return { ...failed(delivery, began, 0, null), error: 'event_removed', expiresAt: began };
  }
  const message = toMessage(delivery, began);
  try {
    const { status, text } = await poster.post({
      headers: signedHeaders(message, secrets),
      body: message.body,
      timeoutMs: answerTimeoutMs,
      answerBytesMax: answerBytesKept,
    });
    // A host of the operator's network may answer with more than a tenant may read.
    const answer = poster.isAllowedPrivate ? null : text;
    return { ...outline(delivery, began, elapsed(clock, began)), status, answer, error: null };
  } catch (error) {
    return failed(delivery, began, elapsed(clock, began), error);
  }
}

const elapsed = (clock: Clock, since: Date) => clock.now().getTime() - since.getTime();

function outline({ id, attempts, expires_at }: DeliveryWithEvent, attemptedAt: Date, durationMs: number) {
  return { id, attempts: attempts + 1, expiresAt: expires_at, attemptedAt, durationMs };
}

/** Returns a failed attempt with the reason that callers see. Throws errors without a reason, because they are bugs. */
function failed(delivery: DeliveryWithEvent, at: Date, durationMs: number, error: unknown): Attempt {
  if (error !== null && !(error instanceof OutboundFailure)) throw error;
  const reason: OutboundReason | null = error?.reason ?? null;
  return { ...outline(delivery, at, durationMs), status: null, answer: null, error: reason };
}

function secretsOf({ clock, encryption }: EndpointParts, webhook: WebhookRow): string[] {
  const { id, secret, previous_secret: previous, previous_secret_until: until } = webhook;
  const secrets = [encryption.decrypt(secret, id)];
  if (previous && until && until > clock.now()) secrets.push(encryption.decrypt(previous, id));
  return secrets;
}

function toRecords({ clock, random }: EndpointParts, attempts: readonly Attempt[]): AttemptRecord[] {
  const now = clock.now();
  return attempts.map((attempted) => {
    if (isDelivered(attempted)) return { ...attempted, state: 'delivered', nextAttemptAt: null };
    const next = nextAttemptAt(attempted.attempts, { now, expiresAt: attempted.expiresAt, random });
    return { ...attempted, state: next ? 'pending' : 'failed', nextAttemptAt: next };
  });
}

interface Round {
  endpoint: LeasedEndpoint;
  attempts: readonly Attempt[];
  records: readonly AttemptRecord[];
}

/** Records the results of a round and updates the endpoint. Undefined if the endpoint has been leased again. */
async function record(
  { clock, random, log }: EndpointParts,
  tx: Tx,
  { endpoint, attempts, records }: Round,
): Promise<WebhookRow | undefined> {
  const webhook = await lockLeased(tx, endpoint);
  if (!webhook) return undefined;
  const now = clock.now();
  await recordAttempts(tx, webhook.id, records);
  const change = changeOf(webhook, attempts, now, random);
  if (change.failures === 0 && webhook.failures >= failuresToQuiet) await wakePending(tx, webhook.id, now);
  const changed = await updateWebhookRow(tx, webhook, change);
  const { disabled_reason: reason } = change;
  if (!reason) return changed;
  log.warn({ webhookId: webhook.id, reason }, 'a webhook was disabled');
  await failPending(tx, webhook.id, 'webhook_disabled');
  await appendEvent(tx, {
    organizationId: webhook.organization_id,
    accountId: null,
    postId: null,
    type: 'webhook.disabled',
    at: now,
    actor: systemActor,
    data: { webhookId: webhook.id, reason, failingSince: changed.failing_since },
  });
  return changed;
}

/** The columns that a round of attempts changes. */
interface EndpointChange {
  failures: number;
  failing_since: Date | null;
  quiet_until: Date | null;
  disabled_at?: Date;
  disabled_reason?: 'failing' | 'gone';
}

function changeOf(
  webhook: WebhookRow,
  attempts: readonly Attempt[],
  now: Date,
  random: () => number,
): EndpointChange {
  if (attempts.some(isDelivered)) return { failures: 0, failing_since: null, quiet_until: null };
  const failures = webhook.failures + attempts.length;
  const failingSince = webhook.failing_since ?? now;
  const quiet = quietMs(failures, random);
  const isHopeless = now.getTime() - failingSince.getTime() >= endpointPatienceMs;
  const reason = attempts.some(isGone) ? 'gone' : isHopeless ? 'failing' : null;
  return {
    failures,
    failing_since: failingSince,
    quiet_until: quiet === null ? null : addMs(now, quiet),
    ...(reason && webhook.disabled_at === null && { disabled_at: now, disabled_reason: reason }),
  };
}

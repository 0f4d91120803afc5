// A turn at an endpoint: sends what is due to it, several at a time, and records what came of each. An endpoint
// that fails over and over is left in peace for longer and longer, so that it costs the others nothing.

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
import { type DeliveryWithEvent, withEvents } from '../record/deliveries.queries.ts';
import { updateWebhookRow, type WebhookRow } from '../record/webhooks.queries.ts';
import { toMessage } from './message.ts';
import { endpointPatienceMs, failuresToQuiet, nextAttemptAt, quietMs } from './retry.ts';
import { signedHeaders } from './signature.ts';
import {
  type AttemptRecord,
  claimTurn,
  endTurn,
  failPending,
  holdTurn,
  listDue,
  recordAttempts,
  wakePending,
} from './turn.queries.ts';
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

/** So many deliveries of one endpoint are under way at a time. */
const atATime = 10;
export const answerTimeoutMs = 10_000;
export const answerBytesKept = 2_000;
/** Longer than a round lasts: look-up, answers, and recording them. */
const claimMs = 30_000;
/** After so long the next endpoint gets its turn. */
const turnMs = 30_000;

type Attempt = Omit<AttemptRecord, 'state' | 'nextAttemptAt'> & { expiresAt: Date; attempts: number };

const isDelivered = ({ status }: Attempt) => status !== null && status >= 200 && status < 300;
/** The receiver says that it wants no more (Standard Webhooks). */
const isGone = ({ status }: Attempt) => status === 410;

/** Resolves when nothing more is due, the turn is over, or there was none to be had. */
export async function serveEndpoint(
  parts: EndpointParts,
  webhookId: string,
  signal: AbortSignal,
): Promise<void> {
  const { database, clock } = parts;
  const began = clock.now();
  const turn = await claimTurn(database.db, webhookId, { now: began, until: addMs(began, claimMs) });
  if (!turn) return;
  let poster: Promise<Poster> | undefined;
  /** Its connections are kept for the whole turn. */
  const openPoster = () => {
    poster ??= parts.outbound.openPoster(turn.url, { connections: atATime, timeoutMs: answerTimeoutMs });
    return poster;
  };
  try {
    for (;;) {
      const goesOn = await serveRound(parts, turn, openPoster);
      const isOver = signal.aborted || clock.now().getTime() - began.getTime() >= turnMs;
      if (!goesOn || isOver) return;
    }
  } finally {
    // One that could not be opened was told of in the deliveries.
    await poster?.then(
      (opened) => opened.close(),
      () => undefined,
    );
    await endTurn(database.db, turn);
  }
}

/** Returns whether there may be more to send. */
async function serveRound(
  parts: EndpointParts,
  turn: WebhookRow,
  openPoster: () => Promise<Poster>,
): Promise<boolean> {
  const { database, clock } = parts;
  const limit = turn.failures >= failuresToQuiet ? 1 : atATime;
  const rows = await listDue(database.db, turn.id, clock.now(), limit);
  if (rows.length === 0) return false;
  const due = await withEvents(database.db, turn.organization_id, rows);
  const attempts = await attemptAll(parts, turn, due, openPoster);
  const records = toRecords(parts, attempts);
  const webhook = await database.transaction((tx) => record(parts, tx, { turn, attempts, records }));
  if (!webhook) return false;
  for (const { state } of records) parts.watch.attempted(state);
  if (webhook.disabled_at !== null && webhook.disabled_reason !== null && turn.disabled_at === null)
    parts.watch.disabled(webhook.disabled_reason);
  turn.failures = webhook.failures;
  return webhook.disabled_at === null && webhook.quiet_until === null;
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
    return { ...outline(delivery, began, elapsed(clock, began)), status, answer: text, error: null };
  } catch (error) {
    return failed(delivery, began, elapsed(clock, began), error);
  }
}

const elapsed = (clock: Clock, since: Date) => clock.now().getTime() - since.getTime();

function outline({ id, attempts, expires_at }: DeliveryWithEvent, attemptedAt: Date, durationMs: number) {
  return { id, attempts: attempts + 1, expiresAt: expires_at, attemptedAt, durationMs };
}

/** Reasons are for callers; an error that is none is a bug of ours. */
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
  return attempts.map((made) => {
    if (isDelivered(made)) return { ...made, state: 'delivered', nextAttemptAt: null };
    const next = nextAttemptAt(made.attempts, { now, expiresAt: made.expiresAt, random });
    return { ...made, state: next ? 'pending' : 'failed', nextAttemptAt: next };
  });
}

interface Round {
  turn: WebhookRow;
  attempts: readonly Attempt[];
  records: readonly AttemptRecord[];
}

/** Writes down what came of a round, and what it means for the endpoint. Undefined where the turn was lost. */
async function record(
  { clock, random, log }: EndpointParts,
  tx: Tx,
  { turn, attempts, records }: Round,
): Promise<WebhookRow | undefined> {
  const webhook = await holdTurn(tx, turn);
  if (!webhook) return undefined;
  const now = clock.now();
  await recordAttempts(tx, webhook.id, records);
  const change = changeOf(webhook, attempts, now, random);
  if (change.failures === 0 && webhook.failures >= failuresToQuiet) await wakePending(tx, webhook.id, now);
  const changed = await updateWebhookRow(tx, webhook, { ...change, delivering_until: addMs(now, claimMs) });
  const { disabled_reason: reason } = change;
  if (reason) {
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
  }
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

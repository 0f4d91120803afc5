// Creates, changes and deletes webhooks.
import { type EventType, visibleEventTypes } from '../../../domain/event-types.ts';
import { newId } from '../../../domain/ids.ts';
import { addMs } from '../../../platform/clock.ts';
import { OutboundFailure } from '../../../platform/outbound/index.ts';
import { type Caller, type Context, invalidBody } from '../../../platform/use-case/index.ts';
import { listVisibleIds } from '../../accounts/index.ts';
import type { WebhookParts } from '../parts.ts';
import {
  countWebhooks,
  deleteWebhookRow,
  eventsFromNowOn,
  insertWebhook,
  updateWebhookRow,
  type WebhookChange,
  type WebhookRow,
} from '../record/webhooks.queries.ts';
import { failPending, failUnsubscribed } from '../sending/endpoints.queries.ts';
import { lockFeed } from '../sending/fan-out.queries.ts';
import { answerTimeoutMs } from '../sending/serve-endpoint.ts';
import { newSecret } from '../sending/signature.ts';
import { wakeSender } from '../sending/webhook-queues.ts';
import { tooManyWebhooks } from '../webhooks.errors.ts';
import {
  type CreateWebhook,
  toWebhookView,
  type UpdateWebhook,
  type WebhookPath,
} from '../webhooks.schema.ts';
import { requireWebhook } from './read-webhooks.ts';

const webhooksMax = 100;
const rotationMs = 24 * 3600 * 1000;

/**
 * Creates a webhook. Only this response contains the secret.
 * @throws invalidBody for an account or a URL that cannot be used, tooManyWebhooks
 */
export async function createWebhook(parts: WebhookParts, context: Context, input: CreateWebhook) {
  const { encryption, jobs } = parts;
  const { organizationId } = context;
  checkEvents(context, input.events);
  const accountIds = await accountIdsFor(parts, context, input.accountIds);
  await checkUrl(parts, input.url);
  const id = newId('whk');
  const secret = newSecret();
  return context.commit(async (tx) => {
    if ((await countWebhooks(tx, organizationId)) >= webhooksMax) throw tooManyWebhooks();
    const now = context.clock.now();
    const webhook = await insertWebhook(tx, {
      id,
      organization_id: organizationId,
      url: input.url,
      description: input.description ?? null,
      event_types: input.events ?? null,
      account_ids: accountIds,
      secret: encryption.encrypt(secret, id),
      created_at: now,
      updated_at: now,
    });
    await wakeSender(jobs, tx, organizationId);
    return { data: { webhook: toWebhookView(webhook, now), secret } };
  });
}

/** @throws webhookNotFound; invalidBody for an account or a URL that cannot be used */
export async function updateWebhook(
  parts: WebhookParts,
  context: Context,
  path: WebhookPath,
  input: UpdateWebhook,
) {
  await requireWebhook(parts.database.db, context, path);
  checkEvents(context, input.events);
  const accountIds =
    input.accountIds === undefined ? undefined : await accountIdsFor(parts, context, input.accountIds);
  if (input.url !== undefined) await checkUrl(parts, input.url);
  return context.commit(async (tx) => {
    const webhook = await requireWebhook(tx, context, path);
    const now = context.clock.now();
    if (input.enabled === false) await failPending(tx, webhook.id, 'webhook_disabled');
    await lockFeed(tx, webhook.organization_id);
    const row = await updateWebhookRow(tx, webhook, {
      updated_at: now,
      ...(input.events !== undefined && { event_types: input.events }),
      ...(accountIds !== undefined && { account_ids: accountIds }),
      ...(input.description !== undefined && { description: input.description }),
      // A new address has not failed yet.
      ...(input.url !== undefined && { url: input.url, ...withoutFailures }),
      ...enabledChange(webhook, input.enabled, now),
    });
    await failUnsubscribed(tx, row);
    return { data: { webhook: toWebhookView(row, now) } };
  });
}

/**
 * Replaces the secret. The previous one signs deliveries for 24 hours more.
 * @throws webhookNotFound
 */
export async function rotateSecret({ encryption }: WebhookParts, context: Context, path: WebhookPath) {
  const secret = newSecret();
  return context.commit(async (tx) => {
    const webhook = await requireWebhook(tx, context, path);
    const now = context.clock.now();
    const row = await updateWebhookRow(tx, webhook, {
      secret: encryption.encrypt(secret, webhook.id),
      previous_secret: webhook.secret,
      previous_secret_until: addMs(now, rotationMs),
      updated_at: now,
    });
    return { data: { webhook: toWebhookView(row, now), secret } };
  });
}

/**
 * Deletes a webhook with its deliveries.
 * @throws webhookNotFound
 */
export async function deleteWebhook(context: Context, path: WebhookPath) {
  return context.commit(async (tx) => {
    await deleteWebhookRow(tx, await requireWebhook(tx, context, path));
    return { data: { deleted: true as const, id: path.webhookId } };
  });
}

/** Refuses types of events that the caller may not see. */
function checkEvents(caller: Caller, types: readonly EventType[] | null | undefined): void {
  const visible = visibleEventTypes(caller);
  const details = (types ?? []).flatMap((type, index) =>
    visible.includes(type)
      ? []
      : {
          path: `events.${index}`,
          code: 'beyond_own',
          message: `Events of the type ${type} need a key with the scope \`keys:write\` that is not restricted to accounts.`,
        },
  );
  if (details.length > 0) throw invalidBody(details);
}

/** Refuses a URL whose host is not public. Deliveries check again: the address of a name can change. */
async function checkUrl({ outbound }: WebhookParts, url: string): Promise<void> {
  try {
    const poster = await outbound.openPoster(url, { connections: 1, timeoutMs: answerTimeoutMs });
    await poster.close();
  } catch (error) {
    if (!(error instanceof OutboundFailure)) throw error;
    const message = error.message.replace('MEDIA_ALLOWED_PRIVATE_HOSTS', 'WEBHOOK_ALLOWED_PRIVATE_HOSTS');
    throw invalidBody([{ path: 'url', code: error.reason, message }]);
  }
}

/** The accounts of a webhook: a restricted key can only name its own, and gets those by default. */
async function accountIdsFor(
  { database }: WebhookParts,
  caller: Caller,
  wanted: readonly string[] | null | undefined,
): Promise<string[] | null> {
  const accountIds = wanted ?? caller.accountIds;
  if (accountIds === null) return null;
  const visible = await listVisibleIds(database.db, caller, accountIds);
  const unknown = accountIds.filter((id) => !visible.has(id));
  if (unknown.length === 0) return [...new Set(accountIds)];
  throw invalidBody(
    unknown.map((id) => ({
      path: 'accountIds',
      code: 'account_not_found',
      message: `There is no account "${id.slice(0, 60)}".`,
    })),
  );
}

const withoutFailures = { failures: 0, failing_since: null, quiet_until: null };

function enabledChange(webhook: WebhookRow, enabled: boolean | undefined, now: Date): WebhookChange {
  if (enabled === undefined || enabled === (webhook.disabled_at === null)) return {};
  return enabled
    ? { ...withoutFailures, disabled_at: null, disabled_reason: null, events_after: eventsFromNowOn }
    : { disabled_at: now, disabled_reason: 'by_hand' };
}

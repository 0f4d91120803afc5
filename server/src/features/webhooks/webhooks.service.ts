// Use cases of webhooks: making and changing them, looking at deliveries, sending again.

import { isId, newId } from '../../domain/ids.ts';
import { addMs, type Clock, toUnixSeconds } from '../../platform/clock.ts';
import type { Connection, Database } from '../../platform/db/index.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { Jobs } from '../../platform/jobs/index.ts';
import { type Outbound, OutboundFailure } from '../../platform/outbound/index.ts';
import { type Caller, type Commit, invalidBody } from '../../platform/use-case/index.ts';
import type { AccountsService } from '../accounts/index.ts';
import {
  type DeliveryPath,
  type ListDeliveries,
  type Redeliver,
  toDeliveryView,
} from './deliveries.schema.ts';
import { insertTest, listDeliveries, sendAgain, withEvents } from './record/deliveries.queries.ts';
import { fromDeliveryId, toDeliveryId } from './record/delivery-id.ts';
import {
  countWebhooks,
  deleteWebhook,
  findWebhook,
  insertWebhook,
  listWebhooks,
  updateWebhook,
  type WebhookChange,
  type WebhookRow,
} from './record/webhooks.queries.ts';
import { testType } from './sending/message.ts';
import { deliveryLifeMs } from './sending/retry.ts';
import { answerTimeoutMs } from './sending/serve-endpoint.ts';
import { newSecret } from './sending/signature.ts';
import { failPending } from './sending/turn.queries.ts';
import { awakenQueue, endpointQueue, replayQueue } from './sending/webhook-queues.ts';
import { deliveryNotFound, tooManyWebhooks, webhookDisabled, webhookNotFound } from './webhooks.errors.ts';
import {
  type CreateWebhook,
  toWebhookView,
  type UpdateWebhook,
  type WebhookPath,
} from './webhooks.schema.ts';

export interface WebhooksServiceParts {
  database: Database;
  clock: Clock;
  jobs: Jobs;
  outbound: Outbound;
  encryption: Encryption;
  accounts: AccountsService;
}

const webhooksMax = 100;
const rotationMs = 24 * 3600 * 1000;
const redeliverBackMs = 30 * 24 * 3600 * 1000;

export type WebhooksService = ReturnType<typeof createWebhooksService>;

export function createWebhooksService(parts: WebhooksServiceParts) {
  const { database, clock, jobs, outbound, encryption, accounts } = parts;

  async function get(
    connection: Connection,
    caller: Caller,
    { webhookId }: WebhookPath,
  ): Promise<WebhookRow> {
    const webhook = isId('whk', webhookId) ? await findWebhook(connection, caller, webhookId) : undefined;
    if (!webhook) throw webhookNotFound();
    return webhook;
  }

  async function getEnabled(connection: Connection, caller: Caller, path: WebhookPath): Promise<WebhookRow> {
    const webhook = await get(connection, caller, path);
    if (webhook.disabled_at) throw webhookDisabled();
    return webhook;
  }

  /** Whether the URL leads to where webhooks may be sent, as far as can be told now. Told again at each delivery. */
  async function checkUrl(url: string): Promise<void> {
    try {
      const poster = await outbound.openPoster(url, { connections: 1, timeoutMs: answerTimeoutMs });
      await poster.close();
    } catch (error) {
      if (!(error instanceof OutboundFailure)) throw error;
      const message =
        error.reason === 'private_address'
          ? 'This URL leads to an address that is not on the public internet. Use one that is, or let this server call it by adding its host and port to WEBHOOK_ALLOWED_PRIVATE_HOSTS.'
          : error.message;
      throw invalidBody([{ path: 'url', code: error.reason, message }]);
    }
  }

  /** A key restricted to accounts makes webhooks for those. */
  async function accountIdsFor(
    caller: Caller,
    wanted: readonly string[] | null | undefined,
  ): Promise<string[] | null> {
    const accountIds = wanted ?? caller.accountIds;
    if (accountIds === null) return null;
    const known = new Set((await accounts.list(caller)).accounts.map(({ id }) => id));
    const unknown = accountIds.filter((id) => !known.has(id));
    if (unknown.length === 0) return [...new Set(accountIds)];
    throw invalidBody(
      unknown.map((id) => ({
        path: 'accountIds',
        code: 'account_not_found',
        message: `There is no account "${id.slice(0, 60)}".`,
      })),
    );
  }

  const toAnswer = (row: WebhookRow) => ({ webhook: toWebhookView(row, clock.now()) });

  return {
    async create(caller: Caller, input: CreateWebhook, commit: Commit) {
      const accountIds = await accountIdsFor(caller, input.accountIds);
      await checkUrl(input.url);
      const id = newId('whk');
      const secret = newSecret();
      return commit(async (tx) => {
        if ((await countWebhooks(tx, caller.organizationId)) >= webhooksMax) throw tooManyWebhooks();
        const now = clock.now();
        const webhook = await insertWebhook(tx, {
          id,
          organization_id: caller.organizationId,
          url: input.url,
          description: input.description ?? null,
          event_types: input.events ?? null,
          account_ids: accountIds,
          secret: encryption.encrypt(secret, id),
          created_at: now,
          updated_at: now,
        });
        await jobs.send(tx, awakenQueue, { organizationId: caller.organizationId });
        return { data: { ...toAnswer(webhook), secret } };
      });
    },

    async list(caller: Caller) {
      const rows = await listWebhooks(database.db, caller);
      return { webhooks: rows.map((row) => toAnswer(row).webhook) };
    },

    async view(caller: Caller, path: WebhookPath) {
      return toAnswer(await get(database.db, caller, path));
    },

    async update(caller: Caller, path: WebhookPath, input: UpdateWebhook, commit: Commit) {
      await get(database.db, caller, path);
      const accountIds =
        input.accountIds === undefined ? undefined : await accountIdsFor(caller, input.accountIds);
      if (input.url !== undefined) await checkUrl(input.url);
      return commit(async (tx) => {
        const webhook = await get(tx, caller, path);
        const now = clock.now();
        if (input.enabled === false) await failPending(tx, webhook.id, 'webhook_disabled');
        const row = await updateWebhook(tx, webhook, {
          updated_at: now,
          ...(input.events !== undefined && { event_types: input.events }),
          ...(accountIds !== undefined && { account_ids: accountIds }),
          ...(input.description !== undefined && { description: input.description }),
          // A new address has not failed yet.
          ...(input.url !== undefined && { url: input.url, ...fresh }),
          ...enabledChange(webhook, input.enabled, now),
        });
        return { data: toAnswer(row) };
      });
    },

    async rotateSecret(caller: Caller, path: WebhookPath, commit: Commit) {
      const secret = newSecret();
      return commit(async (tx) => {
        const webhook = await get(tx, caller, path);
        const now = clock.now();
        const row = await updateWebhook(tx, webhook, {
          secret: encryption.encrypt(secret, webhook.id),
          previous_secret: webhook.secret,
          previous_secret_until: addMs(now, rotationMs),
          updated_at: now,
        });
        return { data: { ...toAnswer(row), secret } };
      });
    },

    async delete(caller: Caller, path: WebhookPath, commit: Commit) {
      return commit(async (tx) => {
        await deleteWebhook(tx, await get(tx, caller, path));
        return { data: { deleted: true as const, id: path.webhookId } };
      });
    },

    async test(caller: Caller, path: WebhookPath, commit: Commit) {
      return commit(async (tx) => {
        const webhook = await getEnabled(tx, caller, path);
        const now = clock.now();
        const row = await insertTest(tx, webhook.id, {
          type: testType,
          now,
          expiresAt: addMs(now, deliveryLifeMs),
        });
        await updateWebhook(tx, webhook, { quiet_until: null });
        await jobs.send(tx, endpointQueue, { webhookId: webhook.id }, { key: webhook.id });
        return { data: { delivery: toDeliveryView({ ...row, event: null }) } };
      });
    },

    async deliveries(caller: Caller, path: WebhookPath, query: ListDeliveries) {
      const webhook = await get(database.db, caller, path);
      const rows = await listDeliveries(database.db, webhook.id, {
        state: query.status,
        before: query.cursor === undefined ? undefined : fromDeliveryId(query.cursor),
        limit: query.limit + 1,
      });
      const page = rows.slice(0, query.limit);
      const last = rows.length > query.limit ? page.at(-1) : undefined;
      const shown = await withEvents(database.db, webhook.organization_id, page);
      return { deliveries: shown.map(toDeliveryView), cursor: last ? toDeliveryId(last.id) : null };
    },

    async redeliver(caller: Caller, path: DeliveryPath, commit: Commit) {
      return commit(async (tx) => {
        const webhook = await getEnabled(tx, caller, path);
        const now = clock.now();
        const id = fromDeliveryId(path.deliveryId);
        const again = { now, expiresAt: addMs(now, deliveryLifeMs) };
        const row = id === undefined ? undefined : await sendAgain(tx, webhook.id, id, again);
        if (!row) throw deliveryNotFound();
        await updateWebhook(tx, webhook, { quiet_until: null });
        await jobs.send(tx, endpointQueue, { webhookId: webhook.id }, { key: webhook.id });
        const [shown] = await withEvents(tx, webhook.organization_id, [row]);
        if (!shown) throw new Error('one row makes one delivery');
        return { data: { delivery: toDeliveryView(shown) } };
      });
    },

    async redeliverSince(caller: Caller, path: WebhookPath, input: Redeliver, commit: Commit) {
      const now = clock.now();
      if (input.since < addMs(now, -redeliverBackMs) || input.since > now) {
        const message = 'Must be a moment within the last 30 days.';
        throw invalidBody([{ path: 'since', code: 'out_of_range', message }]);
      }
      return commit(async (tx) => {
        const webhook = await getEnabled(tx, caller, path);
        await updateWebhook(tx, webhook, { quiet_until: null });
        await jobs.send(tx, replayQueue, {
          organizationId: webhook.organization_id,
          webhookId: webhook.id,
          since: input.since.toISOString(),
          until: now.toISOString(),
          evenDelivered: input.includeDelivered,
          after: null,
        });
        return { data: { redelivery: { since: toUnixSeconds(input.since), until: toUnixSeconds(now) } } };
      });
    },
  };
}

/** What an endpoint has that has not failed. */
const fresh = { failures: 0, failing_since: null, quiet_until: null };

function enabledChange(webhook: WebhookRow, enabled: boolean | undefined, now: Date): WebhookChange {
  if (enabled === undefined || enabled === (webhook.disabled_at === null)) return {};
  return enabled
    ? { ...fresh, disabled_at: null, disabled_reason: null }
    : { disabled_at: now, disabled_reason: 'by_hand' };
}

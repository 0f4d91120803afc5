// Receivers of webhooks over real HTTP, and an app that sends to them. For tests.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { AnyShape } from '../../../../test/answer.ts';
import { createTestApp, type TestApp } from '../../../../test/app.ts';
import { readableEvents } from '../../../../test/readable-events.ts';
import { sampleJson } from '../../../../test/sample-events.ts';
import { systemActor } from '../../../platform/use-case/index.ts';
import { webhookMessages } from '../messages.schema.ts';

export interface Received {
  headers: Record<string, string>;
  body: string;
  message: AnyShape;
}

export interface Receiver {
  url: string;
  pair: string;
  received: Received[];
  /** Answers each request. Tests can replace it. */
  answer: (response: ServerResponse, received: Received) => void;
  close(): Promise<void>;
}

export const ok = (response: ServerResponse) => void response.writeHead(204).end();
export const fail = (response: ServerResponse) => void response.writeHead(500).end('no');
/** Accepts the request and does not answer. */
export const silent = () => undefined;

/** Checks a message against the OpenAPI document. Fields that it does not declare are errors. */
function isDeclared(message: AnyShape): boolean {
  const declaration = webhookMessages.messages.find(({ type }) => type === message.type);
  return isDeepStrictEqual(declaration?.message.safeParse(message).data, message);
}

/** When it closes, it throws if a message differed from its declaration. */
export async function startReceiver(): Promise<Receiver> {
  const undeclared: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const headers = request.headers as Record<string, string>;
      const received = { headers, body, message: JSON.parse(body) };
      if (!isDeclared(received.message)) undeclared.push(body);
      receiver.received.push(received);
      receiver.answer(response, received);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    pair: `127.0.0.1:${port}`,
    received: [],
    answer: ok,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      if (undeclared.length > 0) throw new Error(`Not as messages.schema.ts declares: ${undeclared[0]}`);
    },
  };
  return receiver;
}

/** An app that may send to these receivers, and what tests do with it. */
export async function startWebhookApp(receivers: readonly Receiver[]) {
  const app = await createTestApp({
    config: { webhookAllowedPrivateHosts: receivers.map(({ pair }) => pair) },
  });
  return {
    ...app,

    /** A webhook, with its secret; in the organization of the key, if one is passed. */
    async subscribe(receiver: Receiver, body: Record<string, unknown> = {}, key = app.key) {
      const answer = await app.call('POST', '/v1/webhooks', { url: receiver.url, ...body }, key);
      if (answer.status !== 201) throw new Error(`create answered ${JSON.stringify(answer.body)}`);
      return { ...answer.body.data.webhook, secret: answer.body.data.secret } as {
        id: string;
        secret: string;
      };
    },

    /** Writes events into the log, as features do. */
    async happen(
      count: number,
      { organizationId = app.organizationId, type = 'post.sent', accountId = 'acc_1' as string | null } = {},
    ): Promise<void> {
      await app.database.pool.query(
        `insert into events (organization_id, account_id, post_id, type, at, data, actor)
         select $1, $2, 'post_' || n, $3, $4, $5, '${JSON.stringify(systemActor)}'
         from generate_series(1, $6::int) n`,
        [organizationId, accountId, type, app.clock.now(), sampleJson(type), count],
      );
    },

    /** Does the work of a worker that is due now: replays, the fan-out, and deliveries. */
    async deliver(): Promise<void> {
      await readableEvents(app.database.db);
      await app.app.webhooks.run();
      await app.app.jobs.runDue();
      await app.app.webhooks.runDue();
    },

    async deliveriesOf(webhook: { id: string }, query = '', key = app.key) {
      const answer = await app.call('GET', `/v1/webhooks/${webhook.id}/deliveries${query}`, undefined, key);
      return answer.body.data;
    },

    async webhook(webhook: { id: string }, key = app.key) {
      return (await app.call('GET', `/v1/webhooks/${webhook.id}`, undefined, key)).body.data.webhook;
    },

    /** The number of the webhook's deliveries by state. */
    async tally(webhook: { id: string }): Promise<Record<string, number>> {
      const { rows } = await app.database.pool.query(
        'select state, count(*)::int as count from webhook_deliveries where webhook_id = $1 group by state',
        [webhook.id],
      );
      return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
    },
  };
}

export type WebhookApp = Awaited<ReturnType<typeof startWebhookApp>> & TestApp;

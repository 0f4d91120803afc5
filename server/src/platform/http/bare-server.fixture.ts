// A server with the routes of a test and its own database, for tests of guarantees that apply to every route.
import type { FastifyInstance } from 'fastify';
import { type Answer, readAnswer } from '../../../test/answer.ts';
import { createTestClock, type TestClock } from '../../../test/clock.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts';
import { collectLog, type LogLine } from '../../../test/log.ts';
import { type Database, openDatabase } from '../db/index.ts';
import { createEncryption } from '../encryption.ts';
import { createLog } from '../log.ts';
import type { Caller } from '../use-case/index.ts';
import type { Route } from './contract/route.ts';
import { createHttpServer, type HttpOptions } from './server.ts';

export interface BareServer {
  url: string;
  database: Database;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface CallOptions {
  /** The API key, which is also the name of the caller. Its organization is named after the `@`, if it has one. */
  key?: string | null;
  body?: string | Buffer<ArrayBuffer> | object;
  headers?: Record<string, string>;
}

export interface Bare {
  clock: TestClock;
  test: TestDatabase;
  logLines: LogLine[];
  /** Starts a server. Several on one database represent several processes. */
  serve(
    routes: readonly Route[],
    options?: Partial<HttpOptions>,
    /** Adds paths that are not operations. */
    addPaths?: (http: FastifyInstance) => void,
  ): Promise<BareServer>;
  drop(): Promise<void>;
}

export async function openBare(): Promise<Bare> {
  const clock = createTestClock();
  const test = await createTestDatabase();
  const logLines: LogLine[] = [];
  const log = createLog({ level: 'info', format: 'json' }, collectLog(logLines));
  const servers: BareServer[] = [];

  return {
    clock,
    test,
    logLines,
    async serve(routes, options = {}, addPaths = () => {}) {
      const database = openDatabase({ url: test.url, log, poolSize: 10 });
      const authenticate = async (name: string): Promise<Caller> => ({
        actor: { type: 'key', id: `key_${name}`, name },
        organizationId: `org_${name.split('@').at(-1)}`,
        scopes: null,
        accountIds: null,
      });
      const http = createHttpServer({
        log,
        clock,
        database,
        encryption: createEncryption(Buffer.alloc(32, 1)),
        routes,
        logIds: {},
        authenticate,
        ratePerMinute: 1_000_000,
        requestsMax: 10_000,
        corsOrigins: [],
        ...options,
      });
      http.get('/health', (_request, reply) => reply.send({ status: 'ok' }));
      addPaths(http);
      const url = await http.listen({ host: '127.0.0.1', port: 0 });
      const server: BareServer = {
        url,
        database,
        async call(method, path, { key = 'one', body, headers = {} } = {}) {
          const raw = typeof body === 'string' || body instanceof Buffer ? body : JSON.stringify(body);
          return readAnswer(
            await fetch(`${url}${path}`, {
              method,
              headers: {
                ...(key !== null && { authorization: `Bearer ${key}` }),
                ...(body !== undefined && { 'content-type': 'application/json' }),
                ...headers,
              },
              ...(body !== undefined && { body: raw }),
            }),
          );
        },
        async close() {
          // Includes connections whose requests a test left unanswered.
          http.server.closeAllConnections();
          await http.close();
          await database.close();
        },
      };
      servers.push(server);
      return server;
    },
    async drop() {
      for (const server of servers) await server.close();
      await test.drop();
    },
  };
}

/** Returns a promise and the function that resolves it. */
export function gate<T = void>() {
  let open: (value: T) => void = () => {};
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

// Receives notifications of other processes (NOTIFY) on a dedicated connection. Notifications are lost while the
// connection is down, so the caller is notified of every gap and then polls.
import pg from 'pg';
import { addMs, type Cancel, type Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { toConnectionString } from './connect/connection-string.ts';
import { asOutage } from './connection-failure.ts';
import { applicationName } from './open-database.ts';

export interface Listen {
  url: string;
  channel: string;
  onNotify(payload: string): void;
  /** Called when the connection is restored: notifications may have been lost. */
  onGap(): void;
  log: Log;
  clock: Clock;
  /** The time within which the server must respond. */
  answerPatienceMs?: number;
}

export interface Listener {
  close(): Promise<void>;
}

const retryMsFirst = 250;
const retryMsMax = 15_000;
/** A heartbeat detects connections that were dropped silently, for example by a firewall. */
const heartbeatMs = 30_000;

/**
 * Resolves when the connection is listening.
 * @throws Outage if the database is unavailable at the start
 */
export async function listen(listening: Listen): Promise<Listener> {
  const { channel, onNotify, onGap, log, clock } = listening;
  let client: pg.Client | undefined;
  let connecting: Promise<void> | undefined;
  let cancelRetry: Cancel | undefined;
  let isClosed = false;

  async function connect(): Promise<void> {
    const next = await openListeningClient(listening, (payload) => safely(() => onNotify(payload)));
    client = next;
    next.once('end', () => {
      if (client === next) client = undefined;
      if (isClosed) return;
      log.warn({ channel }, 'the listening connection to the database was lost');
      retry(retryMsFirst);
    });
  }

  function retry(delayMs: number): void {
    cancelRetry = clock.after(delayMs, () => {
      connecting = reconnect(delayMs).finally(() => {
        connecting = undefined;
      });
    });
  }

  async function reconnect(delayMs: number): Promise<void> {
    try {
      await connect();
    } catch (error) {
      const nextMs = Math.min(delayMs * 2, retryMsMax);
      log.warn(
        { err: error, channel, nextTryAt: addMs(clock.now(), nextMs) },
        'cannot listen to the database',
      );
      if (!isClosed) retry(nextMs);
      return;
    }
    if (isClosed) return;
    log.info({ channel }, 'listening to the database again');
    safely(onGap);
  }

  /** Logs an error of the caller's handler, which is a bug, and keeps the connection. */
  function safely(act: () => void): void {
    try {
      act();
    } catch (error) {
      log.error({ err: error, channel }, 'handling a notification failed');
    }
  }

  await connect();
  const cancelHeartbeat = clock.every(heartbeatMs, () => {
    const checked = client;
    // A dropped socket would never end otherwise; its end event leads to `retry`.
    checked?.query('select 1').catch(() => checked.connection.stream.destroy());
  });
  return {
    async close() {
      isClosed = true;
      cancelRetry?.();
      cancelHeartbeat();
      await connecting;
      await client?.end();
    },
  };
}

/** @throws Outage */
async function openListeningClient(
  { url, channel, log, answerPatienceMs = 10_000 }: Listen,
  onNotify: (payload: string) => void,
): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: toConnectionString(url),
    application_name: `${applicationName} listener`,
    keepAlive: true,
    connectionTimeoutMillis: answerPatienceMs,
    query_timeout: answerPatienceMs,
  });
  client.on('error', (error) =>
    log.debug({ reason: error.message, channel }, 'the listening connection failed'),
  );
  client.on('notification', ({ payload }) => onNotify(payload ?? ''));
  try {
    await client.connect();
    await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw asOutage(error);
  }
}

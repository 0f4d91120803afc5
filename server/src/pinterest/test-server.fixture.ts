// For tests: a raw TCP server, which can send invalid responses; a clock that tests advance; and a log that tests
// read. Nothing here sleeps.
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Cancel, Clock } from '../platform/clock.ts';
import { addMs } from '../platform/clock.ts';
import { createLog, type Log } from '../platform/log.ts';

export interface RawRequest {
  /** Of the request line: `POST /v5/pins`. */
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

export type RawAnswer = (socket: Socket, request: RawRequest) => void;

export interface RawServer {
  url: string;
  apiUrl: string;
  /** All complete requests so far, on any connection. */
  requests: RawRequest[];
  connections: number;
  /** Resolves when `count` whole requests have arrived. */
  received(count: number): Promise<void>;
  close(): Promise<void>;
}

/** @param answer Called for each whole request. It may write anything, or cut the connection. */
export async function startRawServer(answer: RawAnswer): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const waiting: { count: number; resolve: () => void }[] = [];
  const server = createServer((socket) => {
    raw.connections += 1;
    sockets.add(socket);
    let received = '';
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      for (let next = takeRequest(received); next !== null; next = takeRequest(received)) {
        received = next.rest;
        raw.requests.push(next.request);
        for (const waiter of waiting) if (raw.requests.length >= waiter.count) waiter.resolve();
        answer(socket, next.request);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const raw: RawServer = {
    url,
    apiUrl: `${url}/v5`,
    requests: [],
    connections: 0,
    received: (count) =>
      new Promise((resolve) => {
        if (raw.requests.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return raw;
}

function takeRequest(received: string): { request: RawRequest; rest: string } | null {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const [requestLine = '', ...lines] = received.slice(0, headEnd).split('\r\n');
  const [method = '', path = ''] = requestLine.split(' ');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const bodyStart = headEnd + 4;
  const bodyEnd = bodyStart + Number(headers['content-length'] ?? 0);
  if (received.length < bodyEnd) return null;
  return {
    request: { method, path, headers, body: received.slice(bodyStart, bodyEnd) },
    rest: received.slice(bodyEnd),
  };
}

/** An answer with a length, as an ordinary server writes it. */
export function respond(status: number, body: unknown, headers: Record<string, string> = {}): RawAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const all = { 'content-length': String(Buffer.byteLength(text)), ...headers };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return (socket) => socket.write(`HTTP/1.1 ${status} Word\r\n${head.join('')}\r\n${text}`);
}

export interface TestClock extends Clock {
  advance(ms: number): void;
  /** Timers still set. */
  timers(): number;
}

export function createTestClock(start = new Date('2026-03-01T12:00:00Z')): TestClock {
  let now = start;
  const timers = new Set<{ at: number; run: () => void; periodMs: number | null }>();
  const add = (delayMs: number, run: () => void, periodMs: number | null): Cancel => {
    const timer = { at: now.getTime() + delayMs, run, periodMs };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  return {
    now: () => now,
    after: (delayMs, run) => add(delayMs, run, null),
    every: (periodMs, run) => add(periodMs, run, periodMs),
    timers: () => timers.size,
    advance(ms) {
      const end = addMs(now, ms);
      for (;;) {
        const [next] = [...timers].filter((timer) => timer.at <= end.getTime()).sort((a, b) => a.at - b.at);
        if (!next) break;
        now = new Date(next.at);
        if (next.periodMs === null) timers.delete(next);
        else next.at += next.periodMs;
        next.run();
      }
      now = end;
    },
  };
}

/** Everything that is logged, down to the finest level. */
export function captureLog(): { log: Log; text(): string } {
  const lines: string[] = [];
  const log = createLog({ level: 'trace', format: 'json' }, { write: (line) => lines.push(line) });
  return { log, text: () => lines.join('') };
}

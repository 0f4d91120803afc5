// The server that `npm run seed` fills: finds or starts it, and calls its API.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../server/src/config.ts';
import { pause } from '../../server/src/platform/clock.ts';
import { deadHost } from './seed-content.ts';

type Method = 'GET' | 'POST' | 'PATCH';
export type Call = <Data>(method: Method, path: string, body?: object) => Promise<Data>;

const pollMs = 250;
const startMs = 60_000;

/** A problem that the person at the terminal can fix. Printed without a stack. */
export class SeedProblem extends Error {}

/** Polls until `probe` returns a value. @throws SeedProblem after `limitMs` */
export async function until<Value>(limitMs: number, what: string, probe: () => Promise<Value | undefined>) {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += pollMs) {
    const value = await probe();
    if (value !== undefined) return value;
    await pause(pollMs);
  }
  throw new SeedProblem(`Timed out: ${what}.`);
}

const isServing = (url: string) =>
  fetch(`${url}/health`).then(
    (response) => response.ok,
    () => false,
  );

/** Starts a server when none is running. Returns a function that stops it. */
export async function ensureServer(url: string): Promise<() => Promise<void>> {
  if (await isServing(url)) return async () => {};
  console.log('No server is running; starting one for this run.');
  const child = spawn(process.execPath, ['server/bin/pintail.js', 'serve'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { LOG_LEVEL: 'error', WEBHOOK_ALLOWED_PRIVATE_HOSTS: deadHost, ...process.env },
    detached: true,
  });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  try {
    await until(startMs, 'the server did not start', async () => {
      if (child.exitCode !== null) throw new SeedProblem('The server did not start; its output is above.');
      return (await isServing(url)) || undefined;
    });
  } catch (error) {
    if (child.exitCode === null) await stop();
    throw error;
  }
  return stop;
}

/** @throws SeedProblem when the data folder has no key */
export function readKey({ dataDir }: Config): string {
  try {
    return readFileSync(join(dataDir, 'first-api-key'), 'utf8').trim();
  } catch {
    throw new SeedProblem(
      `No API key in ${dataDir}. Is this the data directory of the server that is running?`,
    );
  }
}

/** A client of a JSON API. @throws SeedProblem when a response is not successful */
export function createCall(base: string, headers: Record<string, string>): Call {
  return async (method, path, body) => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new SeedProblem(`${method} ${path} returned ${response.status}: ${text}`);
    return JSON.parse(text);
  };
}

// How long a request keeps the process from everything else. The requests come from a thread of their own, and what
// is measured is processor time of the thread that serves, so that a busy machine makes no difference.
import { Worker } from 'node:worker_threads';

export interface HostileRequest {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  /** The text of an expression that makes the body: it is evaluated in the thread that sends. */
  body?: string;
}

export interface Measured {
  status: number;
  answer: string;
  /** The longest piece of work that nothing could interrupt. */
  stallMs: number;
}

const sender = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { request } = require('node:http');
  const { url, method, headers, body } = workerData;
  const bytes = body === undefined ? undefined : Buffer.from(eval(body));
  const call = request(url, { method, headers: { ...headers, ...(bytes && { 'content-length': bytes.length }) } });
  call.on('response', async (answer) => {
    const chunks = [];
    for await (const chunk of answer) chunks.push(chunk);
    parentPort.postMessage({ status: answer.statusCode, answer: Buffer.concat(chunks).toString() });
  });
  parentPort.on('message', () => call.end(bytes));
  parentPort.postMessage('ready');
`;

/** @param after What belongs to the request and comes after its answer */
export async function measureStall(
  url: string,
  { method = 'POST', path, headers = {}, body }: HostileRequest,
  after: () => Promise<unknown>,
): Promise<Measured> {
  const workerData = { url: `${url}${path}`, method, headers, body };
  const worker = new Worker(sender, { eval: true, workerData });
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; answer: string }>();
  let watch: ReturnType<typeof watchThread> | undefined;
  worker.on('error', reject);
  worker.on('message', (message) => {
    if (message !== 'ready') return resolve(message);
    watch = watchThread();
    worker.postMessage('go');
  });
  try {
    const answer = await promise;
    await after();
    return { ...answer, stallMs: watch?.longestMs() ?? 0 };
  } finally {
    watch?.stop();
    await worker.terminate();
  }
}

/** Looks between any two turns of the event loop how much processor time this thread has used. */
function watchThread() {
  const usedMs = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let longest = 0;
  let last = usedMs();
  const look = () => {
    const now = usedMs();
    longest = Math.max(longest, now - last);
    last = now;
  };
  let next: NodeJS.Immediate;
  const again = () => {
    look();
    next = setImmediate(again);
  };
  next = setImmediate(again);
  return {
    longestMs() {
      look();
      return longest;
    },
    stop: () => clearImmediate(next),
  };
}

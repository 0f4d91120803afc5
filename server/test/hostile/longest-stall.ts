// Measures how long a request blocks the process. The requests come from a separate thread, and the CPU time of the
// serving thread is measured, so that the load of the machine does not matter.
import { Worker } from 'node:worker_threads';

export interface HostileRequest {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  /** The source of an expression for the body, which the sending thread evaluates. */
  body?: string;
}

export interface Measured {
  status: number;
  answer: string;
  /** The longest uninterrupted work. */
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

/** @param after Waits for work of the request after its response */
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

/** Reads the CPU time of this thread between any two iterations of the event loop. */
function watchThread() {
  const usedMs = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let longest = 0;
  let last = usedMs();
  const read = () => {
    const now = usedMs();
    longest = Math.max(longest, now - last);
    last = now;
  };
  let next: NodeJS.Immediate;
  const again = () => {
    read();
    next = setImmediate(again);
  };
  next = setImmediate(again);
  return {
    longestMs() {
      read();
      return longest;
    },
    stop: () => clearImmediate(next),
  };
}

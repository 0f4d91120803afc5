// The declaration of a queue. A feature declares its queue beside the handler, and imports nothing else to send to it.

export interface QueueOptions {
  /** How many jobs one process works on at a time. */
  concurrency: number;
  /** A job that takes longer counts as failed; its signal aborts. Less than a day. */
  timeoutSeconds: number;
  /** How often a failed job, or one whose process died, is retried. */
  retries: number;
  /** Before the first retry; doubled, with jitter, for each further one, up to `retryDelaySecondsMax`. */
  retryDelaySeconds: number;
  retryDelaySecondsMax?: number;
  /** Of jobs that are sent with the same key, only one waits at a time; another may be under way. */
  oneWaitingPerKey?: true;
}

declare const dataOf: unique symbol;

export interface Queue<Data extends object> extends QueueOptions {
  readonly name: string;
  /** Only for the compiler. */
  readonly [dataOf]?: Data;
}

/** @param name Letters, digits, `-`, `_`, `.`. It must not change, because waiting jobs are stored under it. */
export function defineQueue<Data extends object>(name: string, options: QueueOptions): Queue<Data> {
  return { name, ...options };
}

// The declaration of a queue. Features declare their queues beside the handlers. Senders import only the declaration.

export interface QueueOptions {
  /** The maximum number of jobs that run in one process at a time. */
  concurrency: number;
  /** A job that takes longer fails, and its signal is aborted. Less than a day. */
  timeoutSeconds: number;
  /** The maximum number of retries of a job that failed or whose process died. */
  retries: number;
  /** The delay of the first retry. Doubles for each further one, with jitter, up to `retryDelaySecondsMax`. */
  retryDelaySeconds: number;
  retryDelaySecondsMax?: number;
  /** A process runs one job of a group at a time, so that the jobs of one sender do not occupy all places. */
  onePerGroup?: true;
  /** Only one of the jobs with the same key waits at a time. Another one may be running. */
  oneWaitingPerKey?: true;
}

declare const dataOf: unique symbol;

export interface Queue<Data extends object> extends QueueOptions {
  readonly name: string;
  /** Exists only in types. */
  readonly [dataOf]?: Data;
}

/** @param name Letters, digits, `-`, `_`, `.`. Must never change, because waiting jobs are stored with it */
export function defineQueue<Data extends object>(name: string, options: QueueOptions): Queue<Data> {
  return { name, ...options };
}

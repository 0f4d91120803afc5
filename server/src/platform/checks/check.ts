// A check of one part, and what it found. `/ready` shows the name and the message to strangers; the doctor shows
// everything to the person who runs Pintail.

export interface Finding {
  /** `warning`: the part works, but something needs attention. */
  status: 'ok' | 'warning' | 'failed';
  /** What was found. Of a check of `/ready` it is public when it failed: no host, path, user or key. */
  message: string;
  /** What to do about it. For the doctor only. */
  fix?: string;
  /** What was thrown. For the log and the doctor only: it may name hosts and users. */
  cause?: unknown;
}

export interface Check {
  name: string;
  run(): Promise<Finding>;
}

export function ok(message: string): Finding {
  return { status: 'ok', message };
}

export function warning(message: string, fix: string): Finding {
  return { status: 'warning', message, fix };
}

export function failed(message: string, fix?: string, cause?: unknown): Finding {
  return {
    status: 'failed',
    message,
    ...(fix !== undefined && { fix }),
    ...(cause !== undefined && { cause }),
  };
}

/** Runs a check; one that throws has failed. */
export async function runCheck({ name, run }: Check): Promise<Finding> {
  try {
    return await run();
  } catch (error) {
    return failed(`The check of this part (${name}) did not complete.`, undefined, error);
  }
}

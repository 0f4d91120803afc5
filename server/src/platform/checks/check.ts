// The types of a health check and its finding. `/ready` shows the name and the message to anyone; the doctor shows the
// whole finding to the operator.

export interface Finding {
  /** `warning`: the part works, but something needs attention. */
  status: 'ok' | 'warning' | 'failed';
  /** The result as a sentence. For a check of `/ready` that is not ok it is public: it contains no host, path, user or key. */
  message: string;
  /** The remedy. For the doctor only. */
  fix?: string;
  /** The error. For the log and the doctor only: it may name hosts and users. */
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

/** Runs a check. If it throws, the finding is `failed`. */
export async function runCheck({ name, run }: Check): Promise<Finding> {
  try {
    return await run();
  } catch (error) {
    return failed(`The check "${name}" did not complete.`, undefined, error);
  }
}

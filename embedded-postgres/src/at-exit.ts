// Runs actions when this process exits, for any reason: process.exit, an uncaught error, an empty event loop.
// Nothing can be awaited there. Only SIGKILL skips them.
import type { Cancel } from './clock.ts';

const actions = new Set<() => void>();

/** Runs `act` at the exit of this process, unless cancelled. It must not throw. */
export function atExit(act: () => void): Cancel {
  // One listener for all, because Node warns about more than ten.
  if (actions.size === 0) process.on('exit', runAll);
  actions.add(act);
  return () => {
    actions.delete(act);
    if (actions.size === 0) process.off('exit', runAll);
  };
}

function runAll(): void {
  for (const act of actions) act();
}

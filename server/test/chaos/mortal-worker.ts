// A worker that stops at a moment of its choosing: for good, as a killed process does, or until it is woken,
// as a process does whose machine was suspended. Either way it renews no lease meanwhile.
import type { App } from '../../src/app.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { withCreatePin } from '../with-create-pin.ts';

/**
 * What a worker does one after the other: its transactions (claimed, marked, settled, let go) and what it asks
 * of Pinterest.
 */
export interface Stop {
  /** It stops at its so-manieth act, counted from 1. */
  act: number;
  /** Whether that act is still done. */
  when: 'before' | 'after';
}

export interface MortalWorker {
  /** Resolves when nothing is due, or when it has stopped: true. */
  runDue(): Promise<boolean>;
  /**
   * Null where it must not be woken: between the mark that a Pin may exist and the question, where it would ask
   * without a look at its lease. Otherwise it goes on where it stopped, and resolves when nothing is due.
   */
  wake: (() => Promise<void>) | null;
}

export function createMortalWorker(
  app: App,
  { clock, random }: { clock: Clock; random: () => number },
  { act, when }: Stop,
): MortalWorker {
  let acts = 0;
  let hasStopped = false;
  const stopped = Promise.withResolvers<true>();
  const woken = Promise.withResolvers<void>();
  let run: Promise<void> = Promise.resolve();

  async function stop(mayWake: boolean): Promise<void> {
    hasStopped = true;
    if (mayWake) mortal.wake = wake;
    stopped.resolve(true);
    await woken.promise;
  }

  async function wake(): Promise<void> {
    mortal.wake = null;
    woken.resolve();
    await run;
  }

  async function asAct<T>(isQuestion: boolean, work: () => Promise<T>): Promise<T> {
    acts += 1;
    const isTheOne = acts === act && !hasStopped;
    if (isTheOne && when === 'before') await stop(!isQuestion);
    const result = await work();
    // What follows a transaction may be the question; what follows the question is a transaction.
    if (isTheOne && when === 'after') await stop(isQuestion);
    return result;
  }

  const { lanes } = app;
  const worker = app.createWorker({
    random,
    clock: { ...clock, every: () => () => {} },
    // One account at a time: the others would go on beside the stopped one.
    lanesMax: 1,
    lanes: {
      ...lanes,
      move: (...given) => asAct(false, () => lanes.move(...given)),
      release: (...given) => asAct(false, () => lanes.release(...given)),
    },
    pinterest: withCreatePin(
      app.pinterest,
      (createPin) => (token, body) => asAct(true, () => createPin(token, body)),
    ),
  });

  const mortal: MortalWorker = {
    wake: null,
    async runDue() {
      run = worker.runDue();
      return Promise.race([run.then(() => false), stopped.promise]);
    },
  };
  return mortal;
}

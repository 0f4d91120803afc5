// A worker that stops at a chosen moment: permanently, like a killed process, or until it is woken, like a process on a
// suspended machine. While stopped, it renews no lease.
import type { App } from '../../src/app.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { withCreatePin } from '../with-create-pin.ts';

/** The moment of the stop, counted in acts of the worker: its writes, and its creates at Pinterest. */
export interface Stop {
  /** The number of the act at which it stops, counted from 1. */
  act: number;
  /** Stop before or after that act. */
  when: 'before' | 'after';
}

export interface MortalWorker {
  /** Resolves with false when nothing is due, and with true when it has stopped. */
  runDue(): Promise<boolean>;
  /**
   * Continues where it stopped, and resolves when nothing is due. Null if it must not be woken: between the check of
   * the lease and the create, which would then be sent under an expired lease.
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

  async function asAct<T>(isCreate: boolean, work: () => Promise<T>): Promise<T> {
    acts += 1;
    const isTheOne = acts === act && !hasStopped;
    if (isTheOne && when === 'before') await stop(!isCreate);
    const result = await work();
    // After a write the next act may be the create; after the create it is a write.
    if (isTheOne && when === 'after') await stop(isCreate);
    return result;
  }

  const { lanes } = app;
  const worker = app.createWorker({
    random,
    clock: { ...clock, every: () => () => {} },
    // One account at a time: others would continue beside the stopped one.
    lanesMax: 1,
    lanes: {
      ...lanes,
      move: (...args) => asAct(false, () => lanes.move(...args)),
      release: (...args) => asAct(false, () => lanes.release(...args)),
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

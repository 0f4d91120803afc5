// Worker processes of the simulation: the real worker, whose every act (a transaction, a call to Pinterest, a file read)
// waits until the simulation runs it. So the acts of workers interleave in any order, and each worker can die or be
// suspended between two acts, or after an act without receiving its result.
import {
  createPublishGate,
  createWorker,
  type Worker,
  type WorkerParts,
} from '../../src/features/publishing/index.ts';
import type { Cancel, Clock } from '../../src/platform/clock.ts';
import { Outage } from '../../src/platform/errors.ts';

export interface Act {
  process: Process;
  name: string;
  /** When it started to wait. */
  since: number;
  /** Runs it. The process receives the result at once, later, or never. */
  go(heard?: 'now' | 'later' | 'never'): void;
  /** Fails it, before or after its effect. */
  fail(isDone: boolean): void;
}

export interface Process {
  name: string;
  state: 'awake' | 'asleep' | 'dead';
  worker: Worker;
  /** The timers that were due while it was suspended. */
  missed: Set<() => void>;
  timers: Set<Cancel>;
  /** The number of acts when it found each post due. */
  foundAt: Map<string, number>;
}

/** The database or a network was unavailable for one act. */
export class Broken extends Outage {}

export type Acting = <T>(process: Process, name: string, work: () => T) => Promise<T>;

/** Every waiting act. */
export function createActs(now: () => Date, begins: (act: Act) => void) {
  const waiting: Act[] = [];

  function leave(act: Act): void {
    const index = waiting.indexOf(act);
    if (index >= 0) waiting.splice(index, 1);
  }

  const acting: Acting = (process, name, work) =>
    new Promise((resolve, reject) => {
      if (process.state === 'dead') return;
      const act: Act = {
        process,
        name,
        since: now().getTime(),
        go(heard = 'now') {
          leave(act);
          begins(act);
          let answer: () => void;
          try {
            const value = work();
            answer = () => resolve(value);
          } catch (error) {
            answer = () => reject(error);
          }
          if (heard === 'now') answer();
          if (heard === 'later') hearLater(act, answer, reject);
        },
        fail(isDone) {
          if (isDone) act.go('never');
          else leave(act);
          reject(new Broken(`${name} broke off`));
        },
      };
      waiting.push(act);
    });

  function hearLater({ process, name }: Act, answer: () => void, reject: (error: Error) => void): void {
    const hear: Act = {
      process,
      name: `hear ${name}`,
      since: now().getTime(),
      go(heard = 'now') {
        leave(hear);
        begins(hear);
        if (heard !== 'never') answer();
      },
      fail() {
        leave(hear);
        reject(new Broken(`${name} broke off`));
      },
    };
    waiting.push(hear);
  }

  return { waiting, acting, leave };
}

/** The clock of a process: no timer runs while it is suspended, and late timers run once, as in Node. */
export function clockOf(clock: Clock, process: Process): Clock {
  const fire = (run: () => void) => {
    if (process.state === 'asleep') process.missed.add(run);
    else if (process.state === 'awake') run();
  };
  const keep = (cancel: Cancel): Cancel => {
    process.timers.add(cancel);
    return () => {
      process.timers.delete(cancel);
      cancel();
    };
  };
  return {
    now: () => clock.now(),
    after(delayMs, run) {
      const cancel = keep(
        clock.after(delayMs, () => {
          process.timers.delete(cancel);
          fire(run);
        }),
      );
      return cancel;
    },
    every: (periodMs, run) => keep(clock.every(periodMs, () => fire(run))),
  };
}

export function startProcess(
  name: string,
  clock: Clock,
  partsOf: (process: Process, clock: Clock) => Omit<WorkerParts, 'clock' | 'publishGate'>,
): Process {
  const process: Process = {
    name,
    state: 'awake',
    missed: new Set(),
    timers: new Set(),
    foundAt: new Map(),
    worker: undefined as unknown as Worker,
  };
  const own = clockOf(clock, process);
  process.worker = createWorker({ ...partsOf(process, own), clock: own, publishGate: createPublishGate(8) });
  process.worker.start();
  return process;
}

/** The clock of the simulation: time jumps, and then every timer that fell due runs once. */
export function createJumpingClock(start: Date): Clock & { jump(ms: number): void; nextAt(): number | null } {
  interface Timer {
    at: number;
    run: () => void;
    periodMs: number | null;
  }
  let now = start;
  const timers = new Set<Timer>();
  const add = (timer: Timer) => {
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  return {
    now: () => now,
    after: (delayMs, run) => add({ at: now.getTime() + Math.max(0, delayMs), run, periodMs: null }),
    every: (periodMs, run) => add({ at: now.getTime() + periodMs, run, periodMs }),
    nextAt() {
      let next: number | null = null;
      for (const timer of timers) if (next === null || timer.at < next) next = timer.at;
      return next;
    },
    jump(ms) {
      now = new Date(now.getTime() + ms);
      const due = [...timers].filter((timer) => timer.at <= now.getTime());
      for (const timer of due.sort((a, b) => a.at - b.at)) {
        // An earlier timer may have cancelled it.
        if (!timers.has(timer)) continue;
        if (timer.periodMs === null) timers.delete(timer);
        else timer.at = now.getTime() + timer.periodMs;
        timer.run();
      }
    },
  };
}

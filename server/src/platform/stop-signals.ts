// Handles the signals with which a person, a terminal or a service manager stops a process. Without a handler they
// would end the process immediately, or have no effect if it is process 1 of a container.
import { constants } from 'node:os';
import type { Clock } from './clock.ts';

/** Sent by Ctrl+C, a service manager, and a terminal that is closed. */
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type StopSignal = (typeof stopSignals)[number];

/** npm forwards the signal that the terminal also sends to the whole process group, so one Ctrl+C arrives twice. */
const repeatMs = 2_000;

let receive: (signal: StopSignal) => void = (signal) => process.exit(128 + constants.signals[signal]);

/** Makes signals exit the process, which also stops the embedded database, until `onStopSignal` replaces the handler. */
export function handleStopSignals(): void {
  for (const signal of stopSignals) process.on(signal, () => receive(signal));
}

export interface StopHandlers {
  clock: Clock;
  /** Called at most once. */
  stop(signal: StopSignal): void;
  /** Called for a later signal that does not repeat the first. */
  force(signal: StopSignal): void;
}

/** Replaces the handler: the first signal stops the process, a later one forces it. */
export function onStopSignal(handlers: StopHandlers): void {
  receive = receiver(handlers);
}

/** Creates a signal handler that distinguishes repeats from later signals. */
export function receiver({ clock, stop, force }: StopHandlers): (signal: StopSignal) => void {
  let state: 'running' | 'repeats' | 'stopping' = 'running';
  return (signal) => {
    if (state === 'stopping') force(signal);
    if (state !== 'running') return;
    state = 'repeats';
    clock.after(repeatMs, () => {
      state = 'stopping';
    });
    stop(signal);
  };
}

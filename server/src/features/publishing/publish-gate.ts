// How many posts of one Pinterest app a process publishes at a time: each holds its pictures in memory and has a
// request under way. First come, first served, so that accounts take turns as their lanes do.
import type { Environment } from '../../pinterest/index.ts';
import { createGate, type Gate } from '../media/index.ts';

export interface CreateSlots {
  run<T>(environment: Environment, work: () => Promise<T>): Promise<T>;
}

/** @param slots For each environment, which has an app of its own. */
export function createSlots(slots: number): CreateSlots {
  const gates = new Map<Environment, Gate>();
  return {
    run(environment, work) {
      const gate = gates.get(environment) ?? createGate(slots);
      gates.set(environment, gate);
      return gate.run(0, work);
    },
  };
}

// Limits how many posts of one Pinterest app a process publishes at a time, because each has its pictures in memory and
// an open request. First come, first served, which preserves the order of lanes.
import type { Environment } from '../../../pinterest/index.ts';
import { createGate, type Gate } from '../../../platform/work/gate.ts';

export interface PublishGate {
  run<T>(environment: Environment, work: () => Promise<T>): Promise<T>;
}

/** @param permits Posts at a time for each environment. Each environment has its own app. */
export function createPublishGate(permits: number): PublishGate {
  const gates = new Map<Environment, Gate>();
  return {
    run(environment, work) {
      const gate = gates.get(environment) ?? createGate(permits);
      gates.set(environment, gate);
      return gate.run(0, work);
    },
  };
}

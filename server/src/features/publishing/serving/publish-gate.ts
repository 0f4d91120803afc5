// Limits how many posts of one Pinterest app a process publishes at a time: each has its pictures in memory and a request
// under way. First come, first served, so that the order of lanes is kept.
import type { Environment } from '../../../pinterest/index.ts';
import { createGate, type Gate } from '../../../platform/work/gate.ts';

export interface PublishGate {
  run<T>(environment: Environment, work: () => Promise<T>): Promise<T>;
}

/** @param permits Posts at a time for each environment, which has an app of its own. */
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

// Faults on demand: decides which of them apply to a call, before or after its effect. apply-fault.ts applies them.
import { z } from 'zod';

export const faultSchema = z.strictObject({
  /** Pinterest's operationId, or `*` for any. */
  operation: z.string().min(1).max(100).default('*'),
  kind: z.enum(['status', 'reset', 'truncate', 'delay', 'refuse', 'alter', 'event']),
  /** `before`: nothing was created. `after`: the effect happened, whatever the response says. */
  when: z.enum(['before', 'after']).default('before'),
  status: z.int().min(200).max(599).optional(),
  code: z.int().min(0).max(1_000_000).optional(),
  message: z.string().max(2_000).optional(),
  body: z.enum(['json', 'html', 'empty']).default('json'),
  headers: z.record(z.string().regex(/^[a-z0-9-]{1,60}$/i), z.string().regex(/^[ -~]{0,300}$/)).optional(),
  /** The first matching call to which the fault applies, counted from when the fault was set. */
  nth: z.int().min(1).max(1_000_000).default(1),
  /** The number of calls; 0 for no limit. Default: 1, or no limit with a probability. */
  times: z.int().min(0).max(1_000_000).optional(),
  probability: z.number().min(0).max(1).optional(),
  seed: z.int().min(0).max(4_294_967_295).default(1),
  /** delay: its duration. refuse: how long no connection is accepted. */
  delayMs: z.number().min(0).max(600_000).default(1_000),
  accountId: z.string().regex(/^\d+$/).optional(),
  /** alter: fields to omit from the response. */
  omit: z.array(z.string().max(100)).max(100).optional(),
  /** alter: add undocumented fields and values. */
  addUnknown: z.boolean().optional(),
  /** event: a change to the caller's account or tokens (docs/pinterest.md#simulated-behavior, no. 28). */
  event: z.enum(['revokeTokens', 'suspendAccount', 'deleteAccount', 'deleteBoard']).optional(),
});

export type FaultInput = z.infer<typeof faultSchema>;

export interface Fault extends FaultInput {
  id: number;
  /** The number of matching calls, and of those to which the fault applied. */
  seen: number;
  struck: number;
}

export interface FaultBook {
  add(inputs: readonly FaultInput[]): Fault[];
  clear(): void;
  list(): readonly Fault[];
  remove(id: number): void;
  /** Returns the faults that apply to this call. Counts the call. */
  strike(when: Fault['when'], call: { operation: string; accountId: string | null }): Fault[];
}

export function createFaultBook(): FaultBook {
  let faults: { fault: Fault; random: () => number }[] = [];
  let lastId = 0;
  return {
    add(inputs) {
      return inputs.map((input) => {
        lastId += 1;
        const fault: Fault = { ...input, id: lastId, seen: 0, struck: 0 };
        faults.push({ fault, random: randomFrom(input.seed) });
        return fault;
      });
    },
    clear() {
      faults = [];
    },
    list: () => faults.map(({ fault }) => fault),
    remove(id) {
      faults = faults.filter(({ fault }) => fault.id !== id);
    },
    strike(when, call) {
      const struck: Fault[] = [];
      for (const { fault, random } of faults) {
        const isMatch =
          fault.when === when &&
          (fault.operation === '*' || fault.operation === call.operation) &&
          (fault.accountId === undefined || fault.accountId === call.accountId);
        if (!isMatch) continue;
        fault.seen += 1;
        const times = fault.times ?? (fault.probability === undefined ? 1 : 0);
        if (fault.seen < fault.nth) continue;
        if (times > 0 && fault.struck >= times) continue;
        // Drawn for each call, so that the same seed gives the same run.
        if (fault.probability !== undefined && random() >= fault.probability) continue;
        fault.struck += 1;
        struck.push(fault);
      }
      return struck;
    },
  };
}

/** Mulberry32: the same numbers for the same seed on every machine. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

// Random numbers from a seed: the same seed leads to the same numbers on every machine.

export interface Seeded {
  /** Returns a number from 0 (inclusive) to 1 (exclusive). */
  next(): number;
  /** Returns a whole number from `least` to `most`, both inclusive. */
  between(least: number, most: number): number;
  chance(probability: number): boolean;
  /** @throws Error when there is nothing to pick from. */
  pick<T>(from: readonly T[]): T;
}

/** Mulberry32, which is small and random enough for tests. */
export function seeded(seed: number): Seeded {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
  return {
    next,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    chance: (probability) => next() < probability,
    pick(from) {
      const picked = from[Math.floor(next() * from.length)];
      if (picked === undefined) throw new Error('There is nothing to pick from.');
      return picked;
    },
  };
}

/** Returns the default seed of a run. It is printed, so that the run can be repeated. */
export const anySeed = (): number => Math.floor(Math.random() * 2 ** 31);

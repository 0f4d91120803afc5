// Runs variants alternately within one run: other load on the machine affects them alike, and each round gives a ratio.
/** Runs each variant once per round, in alternating order, so that none is always first. */
export async function interleave<Results extends Record<string, unknown>>(
  rounds: number,
  variants: { [Name in keyof Results]: (round: number) => Promise<Results[Name]> },
): Promise<{ [Name in keyof Results]: Results[Name][] }> {
  const names = Object.keys(variants) as (keyof Results)[];
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as {
    [Name in keyof Results]: Results[Name][];
  };
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? names : names.toReversed();
    for (const name of order) results[name].push(await variants[name](round));
  }
  return results;
}

/** Returns the quotients, round by round. */
export function ratios(over: readonly number[], under: readonly number[]): number[] {
  return over.map((value, index) => value / (under[index] ?? Number.NaN));
}

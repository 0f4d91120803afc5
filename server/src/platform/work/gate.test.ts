import { describe, expect, it } from 'vitest';
import { createGate } from './gate.ts';

/** Enters the gate. Returns a state that says whether it is admitted. */
function arrive(gate: ReturnType<typeof createGate>, bytes?: number) {
  const permit = gate.enter(bytes);
  const state = { isIn: false, release: permit.release };
  void permit.granted.then(() => {
    state.isIn = true;
  });
  return state;
}

const settle = () => new Promise<void>((done) => setImmediate(done));

describe('a gate', () => {
  it('admits at most its number of permits, in the order of arrival', async () => {
    const gate = createGate(2);
    const all = [arrive(gate), arrive(gate), arrive(gate), arrive(gate)];
    await settle();
    expect(all.map(({ isIn }) => isIn)).toEqual([true, true, false, false]);
    all[1]?.release();
    await settle();
    expect(all.map(({ isIn }) => isIn)).toEqual([true, true, true, false]);
  });

  it('admits at most `bytesMax` together, and no task before an earlier one', async () => {
    const gate = createGate(3, 100);
    const [half, large, small] = [arrive(gate, 50), arrive(gate, 60), arrive(gate, 10)];
    await settle();
    expect([half.isIn, large.isIn, small.isIn]).toEqual([true, false, false]);
    half.release();
    await settle();
    expect([large.isIn, small.isIn]).toEqual([true, true]);
  });

  it('admits a task that exceeds `bytesMax` alone', async () => {
    const gate = createGate(3, 100);
    const [huge, small] = [arrive(gate, 500), arrive(gate, 1)];
    await settle();
    expect([huge.isIn, small.isIn]).toEqual([true, false]);
    huge.release();
    await settle();
    expect(small.isIn).toBe(true);
  });

  it('skips a task that stopped waiting', async () => {
    const gate = createGate(1);
    const [first, second, third] = [arrive(gate), arrive(gate), arrive(gate)];
    second.release();
    first.release();
    await settle();
    expect([second.isIn, third.isIn]).toEqual([false, true]);
  });

  it('releases the permit when the work fails', async () => {
    const gate = createGate(1);
    await expect(gate.run(1, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(gate.run(1, async () => 'done')).resolves.toBe('done');
  });
});

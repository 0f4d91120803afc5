import { describe, expect, it } from 'vitest';
import { createGate } from './gate.ts';

/** Enters, and reports whether it is admitted by now. */
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
  it('lets in no more than it has places, in the order of arrival', async () => {
    const gate = createGate(2);
    const all = [arrive(gate), arrive(gate), arrive(gate), arrive(gate)];
    await settle();
    expect(all.map(({ isIn }) => isIn)).toEqual([true, true, false, false]);
    all[1]?.release();
    await settle();
    expect(all.map(({ isIn }) => isIn)).toEqual([true, true, true, false]);
  });

  it('lets in no more than fits, and nobody past one that waits', async () => {
    const gate = createGate(3, 100);
    const [half, large, small] = [arrive(gate, 50), arrive(gate, 60), arrive(gate, 10)];
    await settle();
    expect([half.isIn, large.isIn, small.isIn]).toEqual([true, false, false]);
    half.release();
    await settle();
    expect([large.isIn, small.isIn]).toEqual([true, true]);
  });

  it('lets in alone what would never fit', async () => {
    const gate = createGate(3, 100);
    const [huge, small] = [arrive(gate, 500), arrive(gate, 1)];
    await settle();
    expect([huge.isIn, small.isIn]).toEqual([true, false]);
    huge.release();
    await settle();
    expect(small.isIn).toBe(true);
  });

  it('forgets who gave up waiting', async () => {
    const gate = createGate(1);
    const [first, second, third] = [arrive(gate), arrive(gate), arrive(gate)];
    second.release();
    first.release();
    await settle();
    expect([second.isIn, third.isIn]).toEqual([false, true]);
  });

  it('gives the place back when the work fails', async () => {
    const gate = createGate(1);
    await expect(gate.run(1, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(gate.run(1, async () => 'done')).resolves.toBe('done');
  });
});

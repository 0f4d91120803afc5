import { describe, expect, it } from 'vitest';
import { createFairGate, type FairGate } from './fair-gate.ts';

/** Enters the gate. Returns a state that says whether it is admitted. */
function arrive(gate: FairGate, owner: string, bytes?: number) {
  const permit = gate.of(owner).enter(bytes);
  const state = { owner, isIn: false, release: permit.release };
  void permit.granted.then(() => {
    state.isIn = true;
  });
  return state;
}

const settle = () => new Promise<void>((done) => setImmediate(done));
const admitted = (states: { isIn: boolean; owner: string }[]) =>
  states.flatMap(({ isIn, owner }) => (isIn ? owner : [])).join('');

describe('A fair gate', () => {
  it('admits at most half of its permits for one owner, and the next owner at once', async () => {
    const gate = createFairGate(4);
    const greedy = Array.from({ length: 10 }, () => arrive(gate, 'a'));
    await settle();
    expect(admitted(greedy)).toBe('aa');
    const late = arrive(gate, 'b');
    await settle();
    expect(late.isIn).toBe(true);
  });

  it('admits owners in turn, and the tasks of an owner in order', async () => {
    const gate = createFairGate(2);
    const order: string[] = [];
    const run = (owner: string, name: string) => gate.of(owner).run(0, async () => void order.push(name));
    await Promise.all([
      ...['a1', 'a2', 'a3', 'a4'].map((name) => run('a', name)),
      ...['b1', 'b2'].map((name) => run('b', name)),
      run('c', 'c1'),
    ]);
    // A task of each owner runs before the third one of the first owner.
    expect(order.indexOf('a3')).toBeGreaterThan(order.indexOf('c1'));
    expect(order.indexOf('a3')).toBeGreaterThan(order.indexOf('b1'));
    expect(order.filter((name) => name.startsWith('a'))).toEqual(['a1', 'a2', 'a3', 'a4']);
  });

  it('has half of its memory for one owner, and admits a larger task as the only one of its owner', async () => {
    const gate = createFairGate(6, 100);
    const [first, second] = [arrive(gate, 'a', 40), arrive(gate, 'a', 40)];
    const other = arrive(gate, 'b', 50);
    await settle();
    expect([first.isIn, second.isIn, other.isIn]).toEqual([true, false, true]);
    first.release();
    other.release();
    second.release();
    const [huge, small] = [arrive(gate, 'a', 500), arrive(gate, 'b', 1)];
    await settle();
    expect([huge.isIn, small.isIn]).toEqual([true, false]);
    huge.release();
    await settle();
    expect(small.isIn).toBe(true);
  });

  it('is not overtaken: a large task that is next in turn waits for memory, and smaller ones wait behind it', async () => {
    const gate = createFairGate(6, 100);
    const running = arrive(gate, 'a', 60);
    const [large, small] = [arrive(gate, 'b', 50), arrive(gate, 'c', 1)];
    await settle();
    expect([large.isIn, small.isIn]).toEqual([false, false]);
    running.release();
    await settle();
    expect([large.isIn, small.isIn]).toEqual([true, true]);
  });

  it('skips a task that stopped waiting, and has a single permit for any owner', async () => {
    const gate = createFairGate(1);
    const [first, second, third] = [arrive(gate, 'a'), arrive(gate, 'b'), arrive(gate, 'c')];
    second.release();
    first.release();
    await settle();
    expect([second.isIn, third.isIn]).toEqual([false, true]);
  });
});

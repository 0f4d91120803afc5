import { expect, test } from 'vitest';
import { allowedMoves, isAtRest, moves, nextState, type State, states } from './lifecycle.ts';

test('the whole table: every state with every move', () => {
  const table = Object.fromEntries(
    states.map((from) => [
      from,
      Object.fromEntries(
        moves.flatMap((move) => (nextState(from, move) ? [[move, nextState(from, move)]] : [])),
      ),
    ]),
  );
  expect(table).toEqual({
    draft: { schedule: 'queued' },
    queued: {
      schedule: 'queued',
      unschedule: 'draft',
      mediaReady: 'publishing',
      miss: 'queued',
      postpone: 'queued',
      refuse: 'failed',
      doubt: 'unknown',
    },
    uploading: { postpone: 'queued', doubt: 'unknown' },
    publishing: { accept: 'sent', postpone: 'queued', refuse: 'failed', lose: 'unknown' },
    sent: {},
    failed: { schedule: 'queued', unschedule: 'draft' },
    unknown: { look: 'unknown', find: 'sent', clear: 'queued' },
  });
});

test('Pinterest is asked for a Pin only from queued', () => {
  expect(
    allowedMoves()
      .filter(({ to }) => to === 'publishing')
      .map(({ from }) => from),
  ).toEqual(['queued']);
});

test('a post whose Pin may exist is queued again only by a clear answer or by looking', () => {
  const mayExist: State[] = ['publishing', 'unknown'];
  const back = allowedMoves().filter(({ from, to }) => mayExist.includes(from) && to === 'queued');
  expect(back.map(({ move }) => move)).toEqual(['postpone', 'clear']);
});

test('sent is final', () => {
  expect(moves.filter((move) => nextState('sent', move))).toEqual([]);
  expect(isAtRest('sent')).toBe(false);
});

test('nothing in flight can be deleted', () => {
  expect(states.filter(isAtRest)).toEqual(['draft', 'queued', 'failed']);
});

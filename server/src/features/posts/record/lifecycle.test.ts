import { expect, test } from 'vitest';
import { isAtRest, mayHavePin, type PostSituation } from '../../../domain/post-states.ts';
import { afterMove, allowedMoves, moves, situations } from './lifecycle.ts';

const missed = { state: 'held', held_for: 'missed' } as const;
const lostAnswer = { state: 'held', held_for: 'lost_answer' } as const;
const nameOf = ({ state, held_for }: PostSituation) => (held_for === null ? state : `${state}/${held_for}`);

test('the whole table: every situation with every move', () => {
  const table = Object.fromEntries(
    situations.map((from) => [
      nameOf(from),
      Object.fromEntries(
        moves.flatMap((move) => {
          const to = afterMove(from, move);
          return to ? [[move, nameOf(to)]] : [];
        }),
      ),
    ]),
  );
  expect(table).toEqual({
    draft: { schedule: 'queued' },
    queued: {
      schedule: 'queued',
      unschedule: 'draft',
      mediaReady: 'publishing',
      miss: 'held/missed',
      postpone: 'queued',
      refuse: 'failed',
      doubt: 'unknown',
    },
    publishing: { accept: 'sent', postpone: 'queued', refuse: 'failed', lose: 'unknown' },
    sent: {},
    failed: { schedule: 'queued', unschedule: 'draft' },
    unknown: { searchAgain: 'unknown', find: 'sent', clear: 'queued', giveUp: 'held/lost_answer' },
    'held/missed': { schedule: 'queued', unschedule: 'draft' },
    'held/lost_answer': { find: 'sent', clear: 'queued' },
  });
});

test('Pinterest is asked for a Pin only from queued', () => {
  expect(
    allowedMoves()
      .filter(({ to }) => to.state === 'publishing')
      .map(({ from }) => from.state),
  ).toEqual(['queued']);
});

test('a post whose Pin may exist is queued again only by a clear answer, a search or a decision', () => {
  const back = allowedMoves().filter(({ from, to }) => mayHavePin(from) && to.state === 'queued');
  expect(back.map(({ from, move }) => [nameOf(from), move])).toEqual([
    ['publishing', 'postpone'],
    ['unknown', 'clear'],
    ['held/lost_answer', 'clear'],
  ]);
});

test('sent is final', () => {
  const sent = { state: 'sent', held_for: null } as const;
  expect(moves.filter((move) => afterMove(sent, move))).toEqual([]);
  expect(isAtRest(sent)).toBe(false);
});

test('a post whose Pin may exist can be neither edited nor deleted', () => {
  expect(situations.filter(isAtRest).map(nameOf)).toEqual(['draft', 'queued', 'failed', 'held/missed']);
  expect(situations.filter((situation) => isAtRest(situation) && mayHavePin(situation))).toEqual([]);
});

test('a held post waits for a person: no move of a worker leads out', () => {
  for (const situation of [missed, lostAnswer])
    for (const move of [
      'mediaReady',
      'postpone',
      'refuse',
      'accept',
      'lose',
      'searchAgain',
      'giveUp',
      'miss',
      'doubt',
    ] as const)
      expect([nameOf(situation), move, afterMove(situation, move)]).toEqual([
        nameOf(situation),
        move,
        undefined,
      ]);
});

import { expect, test } from 'vitest';
import { createTestClock } from '../../test/clock.ts';
import { receiver } from './stop-signals.ts';

function watch() {
  const clock = createTestClock();
  const calls: string[] = [];
  const receive = receiver({
    clock,
    stop: (signal) => calls.push(`stop ${signal}`),
    force: (signal) => calls.push(`force ${signal}`),
  });
  return { clock, calls, receive };
}

test('a signal repeated within two seconds is ignored', () => {
  const { clock, calls, receive } = watch();
  receive('SIGINT');
  receive('SIGINT');
  clock.advance(4);
  receive('SIGINT');
  clock.advance(1_995);
  receive('SIGTERM');
  expect(calls).toEqual(['stop SIGINT']);
});

test('a later signal forces the stop', () => {
  const { clock, calls, receive } = watch();
  receive('SIGINT');
  receive('SIGINT');
  clock.advance(2_000);
  receive('SIGTERM');
  expect(calls).toEqual(['stop SIGINT', 'force SIGTERM']);
});

test('the two seconds begin with the first signal, not with its repeats', () => {
  const { clock, calls, receive } = watch();
  receive('SIGHUP');
  clock.advance(1_500);
  receive('SIGHUP');
  clock.advance(1_500);
  receive('SIGHUP');
  expect(calls).toEqual(['stop SIGHUP', 'force SIGHUP']);
});

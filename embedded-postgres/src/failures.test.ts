import { expect, test } from 'vitest';
import { explainFileError, explainOutput } from './failures.ts';
import { EmbeddedPostgresProblem } from './problem.ts';

test.each([
  {
    output: 'FATAL:  could not write file "x": No space left on device',
    says: /disk of \/data is full\. Free 200 MB/,
  },
  {
    output: 'initdb: error: could not create directory: Read-only file system',
    says: /read-only\. Mount it/,
  },
  { output: 'initdb: error: could not access "/data": Permission denied', says: /cannot write to.*chown/ },
  {
    output: 'initdb: error: could not look up effective user ID 4711: user does not exist',
    says: /\/etc\/passwd/,
  },
  { output: 'FATAL:  could not map anonymous shared memory: Cannot allocate memory', says: /100 MB/ },
  {
    output: 'one\ntwo\nFATAL:  something new',
    says: /failed to start\. The end of its output:\none\ntwo\nFATAL: {2}something new/,
  },
])('the problem for the output «$output» says what to do', ({ output, says }) => {
  const problem = explainOutput('to start', output, '/data');
  expect(problem).toBeInstanceOf(EmbeddedPostgresProblem);
  expect(problem.message).toMatch(says);
});

test.each([
  { code: 'EACCES', says: /cannot write to its data directory \/data/ },
  { code: 'EPERM', says: /cannot write to its data directory \/data/ },
  { code: 'EROFS', says: /read-only/ },
  { code: 'ENOSPC', says: /full/ },
])('the problem for the file error $code says what to do', ({ code, says }) => {
  const explained = explainFileError(Object.assign(new Error('raw'), { code }), '/data');
  expect(explained).toBeInstanceOf(EmbeddedPostgresProblem);
  expect(String(explained)).toMatch(says);
});

test('an error that is a bug remains unchanged', () => {
  const bug = new TypeError('x is not a function');
  expect(explainFileError(bug, '/data')).toBe(bug);
});

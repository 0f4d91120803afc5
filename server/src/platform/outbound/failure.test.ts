import { expect, test } from 'vitest';
import { badStatus } from './failure.ts';

test.each([401, 403, 407])('the failure of a status %i names the user agent and the upload', (status) => {
  const { message } = badStatus(status);
  expect(message).toContain(`answered ${status}.`);
  expect(message).toMatch(/without signing in.*refuses programs.*"Pintail\/\d.*POST \/v1\/media/);
});

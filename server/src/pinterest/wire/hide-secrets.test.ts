import { expect, test } from 'vitest';
import { hideSecrets } from './hide-secrets.ts';

test.each([
  ['Token pina_AEATK2QWACSOGAIAGBABG6QDH is bad', 'pina_'],
  ['refresh pinr.eyJ0b2tlbl9pZCI6IkN5NGhBQn0 is bad', 'pinr'],
  ['Authorization: Bearer abcdef123456', 'abcdef123456'],
  ['Authorization: Basic MTIzNDU6c2VjcmV0', 'MTIzNDU6c2VjcmV0'],
  ['POST /x?code=s3cr3t&state=1', 's3cr3t'],
  ['POST /x?X-Amz-Signature=abc123', 'abc123'],
  [`data ${'QUJD'.repeat(40)} is not an image`, 'QUJDQUJD'],
])('%s', (text, secret) => {
  expect(hideSecrets(text)).not.toContain(secret);
  expect(hideSecrets(text)).toContain('[hidden]');
});

test('a secret named by the caller is hidden whatever it looks like', () => {
  expect(hideSecrets('your a.b is wrong', ['a.b', ''])).toBe('your [hidden] is wrong');
});

test('ordinary words pass, folded and cut to length', () => {
  expect(hideSecrets('Invalid\n  parameters: board_id 549755885175.')).toBe(
    'Invalid parameters: board_id 549755885175.',
  );
  expect(hideSecrets('word '.repeat(10_000)).length).toBeLessThan(500);
});

test('a secret that is truncated at the limit is hidden', () => {
  const text = `${'. '.repeat(9_995)} sesame-open`;
  expect(hideSecrets(text.replaceAll('. ', '  '), ['sesame-open-now'])).not.toContain('sesame');
});

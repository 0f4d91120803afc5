// Decodes a file that came as base64 in JSON, a slice at a time, so that no slice delays other requests.
import { nextTurn } from '../../../platform/clock.ts';
import { placeOf } from '../../../platform/http/contract/index.ts';
import { invalidBody } from '../../../platform/use-case/index.ts';

/** Characters per slice: a few milliseconds of work. */
const sliceLength = 256 * 1024;
const dataUrl = /^data:[^,]{0,200},/i;

/**
 * Decodes base64 in the standard or the URL-safe alphabet, with or without padding and line breaks, and with or without the
 * prefix of a data URL. The type in the prefix is not used: the file is examined as any other.
 * @throws invalidBody at `data` for text that is not base64
 */
export async function* decodeBase64(text: string): AsyncGenerator<Buffer> {
  const prefix = dataUrl.exec(text)?.[0] ?? '';
  if (prefix !== '' && !/;base64,$/i.test(prefix))
    throw notBase64('The data URL must have ";base64" before the comma.');
  const end = endOf(text);
  let rest = '';
  for (let start = prefix.length; start < end; start += sliceLength) {
    const slice = text.slice(start, Math.min(start + sliceLength, end));
    const wrong = slice.search(/[^A-Za-z0-9+/_\-\s]/);
    if (wrong >= 0) throw notBase64(`It contains ${placeOf(text, start + wrong)}.`);
    const digits = rest + slice.replaceAll(/\s/g, '');
    const whole = digits.length - (digits.length % 4);
    rest = digits.slice(whole);
    if (whole > 0) yield Buffer.from(digits.slice(0, whole), 'base64');
    await nextTurn();
  }
  if (rest.length === 1) throw notBase64('It ends too early.');
  if (rest !== '') yield Buffer.from(rest, 'base64');
}

/** The end of the digits, before padding and white space. */
function endOf(text: string): number {
  let end = text.length;
  while (end > 0 && /[=\s]/.test(text.charAt(end - 1))) end -= 1;
  return end;
}

function notBase64(message: string) {
  return invalidBody([
    { path: 'data', code: 'invalid_base64', message: `The text is not base64. ${message}` },
  ]);
}

// The rule for every URL that callers send: links, media, webhooks, rules. What is stored and sent is what a browser would
// open.
import { z } from 'zod';
import { controlProblem, isUnseen, placeOf } from './characters.ts';
import { text } from './fields.ts';

interface Problem {
  code: 'invalid_url' | 'bad_character';
  message: string;
}

export type ReadUrl = { kind: 'url'; url: string } | { kind: 'problem'; problem: Problem };

/** Characters that browsers encode in a path or accept in a query, and that other programs refuse. */
const encodable = /[ |{}^`]/g;
/** Characters that are not part of any URL. They come from HTML, and from paths of Windows. */
const forbidden = /["<>\\]/;
const form = 'Must be an absolute http or https URL, such as "https://example.com/recipe".';

/**
 * An absolute http or https URL. White space and invisible characters at its ends are removed; a space, `|`, braces, `^` and a
 * backtick behind the host are percent-encoded, as browsers do. Refused are other URLs (`invalid_url`), and characters that
 * a person does not see, or that no URL has (`bad_character`), with their place.
 *
 * @param lengthMax Code points of the encoded URL
 */
export function webUrl(lengthMax: number) {
  return z
    .string()
    .transform((value, context) => {
      // A text that is far too long takes long to examine, and is refused by its length.
      if (value.length > 4 * lengthMax) return value;
      const result = readWebUrl(trimUnseen(value));
      if (result.kind === 'url') return result.url;
      const { code, message } = result.problem;
      context.issues.push({ code: 'custom', input: value, params: { code }, message });
      return z.NEVER;
    })
    .pipe(text(lengthMax))
    .meta({ format: 'uri', maxLength: lengthMax });
}

/** Reads a trimmed URL. */
function readWebUrl(value: string): ReadUrl {
  if (value === '') return problem('invalid_url', `Is empty. ${form} Omit the field if there is none.`);
  const unreadable = characterProblem(value);
  if (unreadable !== null) return problem('bad_character', unreadable);
  const authority = /^https?:\/\/([^/?#]*)/i.exec(value);
  if (!authority?.[1]) return problem('invalid_url', schemeProblem(value));
  const hostEnd = authority[0].length;
  const inHost = authority[0].search(encodable);
  if (inHost >= 0) {
    return problem('invalid_url', `${form} The host contains ${placeOf(value, inHost)}. Remove it.`);
  }
  const url = `${authority[0]}${value.slice(hostEnd).replaceAll(encodable, percentEncoded)}`;
  const parsed = URL.parse(url);
  if (!parsed || parsed.hostname === '') {
    return problem('invalid_url', `${form} Its host or port is not valid.`);
  }
  return { kind: 'url', url };
}

function problem(code: Problem['code'], message: string): ReadUrl {
  return { kind: 'problem', problem: { code, message } };
}

/** Names the first character that must not be in a URL as it is, or returns null. */
function characterProblem(value: string): string | null {
  const ofText = controlProblem(value);
  if (ofText !== null) return ofText;
  let index = 0;
  for (const character of value) {
    if (character !== ' ' && isUnseen(character)) {
      return `Contains the invisible character ${placeOf(value, index)}. Remove it, or write ${percentEncoded(character)} if it belongs to the URL.`;
    }
    if (forbidden.test(character)) {
      return `Contains ${character} (${placeOf(value, index)}). Remove it, or write ${percentEncoded(character)} if it belongs to the URL.`;
    }
    index += character.length;
  }
  return null;
}

function schemeProblem(value: string): string {
  if (/^data:/i.test(value)) return `${form} To send the file itself, use POST /v1/media.`;
  const isHostAlone = /^(?:\/\/)?[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+(?:[:/?#]|$)/u.test(value);
  return isHostAlone ? `${form} Add "https://" before it.` : form;
}

function percentEncoded(character: string): string {
  return character.isWellFormed()
    ? [...Buffer.from(character)]
        .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
        .join('')
    : '%EF%BF%BD';
}

/** Removes white space, control and invisible characters at both ends. */
function trimUnseen(value: string): string {
  const characters = value.trim();
  let end = characters.length;
  let start = 0;
  while (end > start) {
    const length = /[\udc00-\udfff]/.test(characters.charAt(end - 1)) ? 2 : 1;
    if (!isRemovable(characters.slice(Math.max(start, end - length), end))) break;
    end -= length;
  }
  while (start < end) {
    const character = String.fromCodePoint(characters.codePointAt(start) ?? 0);
    if (!isRemovable(character)) break;
    start += character.length;
  }
  return characters.slice(start, end);
}

/** NUL and other control characters are not removed: they show that the text was damaged. */
function isRemovable(character: string): boolean {
  return isUnseen(character) && controlProblem(character) === null;
}

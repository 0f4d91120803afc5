// Parses the JSON that a client sends, so that no body keeps the process from its other work: one with more values
// than any real one is refused before it is parsed, and a large one is parsed in pieces, between which others run.
import { nextTurn } from '../../clock.ts';
import type { Refusal } from '../../errors.ts';
import { invalidBody } from '../../use-case/index.ts';
import { malformedJson } from '../contract/refusals.ts';
import { type ListRange, type Range, scanJson } from './scan-json.ts';

/** Parsed in one piece at most: some 20 ms. */
const pieceBytes = 64 * 1024;
const wholeBytesMax = 256 * 1024;
/** No post comes near it, with every field at its longest and every character escaped. */
export const entryBytesMax = 512 * 1024;
/** Of a large body, everything but the lists in it. */
const outsideBytesMax = 1024 * 1024;
const scanBytes = 1024 * 1024;
/** Every route accepts this many values, and one more for each hundred bytes of its limit: real values are longer. */
const valuesMin = 1000;
const bytesPerValue = 100;

export interface ParseJson {
  /** How large a body the route takes. */
  bytesMax: number;
  /** @throws Error for invalid JSON */
  parse(text: string): unknown;
}

/** @throws malformedJson, or invalidBody for one that is too large in its parts */
export async function parseJson(bytes: Buffer, { bytesMax, parse }: ParseJson): Promise<unknown> {
  const whole = { from: 0, to: bytes.length };
  const valuesMax = Math.max(valuesMin, Math.floor(bytesMax / bytesPerValue));
  // Each value has a sign before or after it.
  if (bytes.length <= Math.min(2 * valuesMax, wholeBytesMax)) return parseRange(bytes, whole, parse);
  const scan = scanJson(bytes, { pieceBytes, entryBytesMax });
  while (!scan.isDone) {
    scan.next(scanBytes);
    if (scan.values > valuesMax) {
      throw tooLarge(`The body has more than ${valuesMax} values. Send less, or in several requests.`);
    }
    if (!scan.isDone) await nextTurn();
  }
  if (bytes.length <= wholeBytesMax) return parseRange(bytes, whole, parse);
  if (scan.depth > 0) throw malformed('The body ends before its lists and objects do.');
  if (scan.largeEntry !== null) {
    throw tooLarge(`Entry ${scan.largeEntry} of a list is larger than ${entryBytesMax / 1024} KiB.`);
  }
  return parsePieces(bytes, scan.lists, parse);
}

async function parsePieces(
  bytes: Buffer,
  lists: readonly ListRange[],
  parse: ParseJson['parse'],
): Promise<unknown> {
  // In place of each list stands one with its number.
  const outside: Buffer[] = [];
  let from = 0;
  for (const [index, list] of lists.entries()) {
    outside.push(bytes.subarray(from, list.from), Buffer.from(String(index)));
    from = list.to;
  }
  const rest = Buffer.concat([...outside, bytes.subarray(from)]);
  if (rest.length > outsideBytesMax) {
    throw tooLarge(`Apart from its lists the body is larger than ${outsideBytesMax / 1024} KiB.`);
  }
  const entries: unknown[][] = [];
  for (const list of lists) entries.push(await parseList(bytes, list, parse));
  await nextTurn();
  const body = parseRange(rest, { from: 0, to: rest.length }, parse, { from: 0, to: bytes.length });
  if (lists.length === 0) return body;
  const fields = body as Record<string, unknown>;
  for (const [name, value] of Object.entries(fields)) {
    if (Array.isArray(value)) fields[name] = entries[value[0]];
  }
  return fields;
}

async function parseList(
  bytes: Buffer,
  { pieces }: ListRange,
  parse: ParseJson['parse'],
): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const piece of pieces) {
    const list = Buffer.concat([Buffer.from('['), bytes.subarray(piece.from, piece.to), Buffer.from(']')]);
    const entries = parseRange(list, { from: 0, to: list.length }, parse, piece) as unknown[];
    // Nothing stands between two commas.
    if (entries.length === 0 && pieces.length > 1) throw malformedIn('Unexpected comma', piece);
    for (const entry of entries) all.push(entry);
    await nextTurn();
  }
  return all;
}

/** @param original Which bytes of the body these are, where they were cut out of it */
function parseRange(
  bytes: Buffer,
  { from, to }: Range,
  parse: ParseJson['parse'],
  original?: Range,
): unknown {
  const text = bytes.toString('utf8', from, to);
  try {
    return parse(text);
  } catch {
    const why = whyMalformed(text);
    if (original) throw malformedIn(why.replace(/ in JSON at position.*$/s, ''), original);
    throw malformed(why);
  }
}

/** Fastify's parser does not say where the text ends to be JSON; the platform's own does. */
function whyMalformed(text: string): string {
  try {
    // Spreadsheets and editors of some systems begin a file with this mark, which Fastify passes over.
    JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    if (error instanceof SyntaxError) return `${error.message}.`;
  }
  return 'Leave out the fields "__proto__" and "constructor", which are not data.';
}

function malformed(message: string): Refusal {
  return malformedJson([{ path: '', code: 'malformed', message }]);
}

function malformedIn(why: string, { from, to }: Range): Refusal {
  return malformed(`${why.replace(/\.$/, '')}: look between the bytes ${from} and ${to}.`);
}

function tooLarge(message: string): Refusal {
  return invalidBody([{ path: '', code: 'too_large', message }]);
}

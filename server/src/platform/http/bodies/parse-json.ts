// Parses the JSON of clients without blocking the process: a body with more values than any real one is refused before
// it is parsed, and a large body is parsed in pieces, between which other work runs.
import { nextTurn } from '../../clock.ts';
import type { Refusal } from '../../errors.ts';
import { invalidBody } from '../../use-case/index.ts';
import { malformedJson } from '../contract/refusals.ts';
import { type ListRange, type Range, scanJson } from './scan-json.ts';

/** Bounds the time that one piece blocks the process to about 20 ms. */
const pieceBytes = 64 * 1024;
const wholeBytesMax = 256 * 1024;
/** Larger than any post, even with every field at its longest and every character escaped. */
export const entryBytesMax = 512 * 1024;
/** The default limit for everything outside the lists of a large body. */
const outsideBytesMaxDefault = 1024 * 1024;
const scanBytes = 1024 * 1024;
/** A route accepts one value per 100 bytes of its limit, and at least this many. Real values are longer on average. */
const valuesMin = 1000;
const bytesPerValue = 100;

export interface ParseJson {
  /** The maximum body size of the route. */
  bytesMax: number;
  /** The maximum size of the body outside its lists. Default: 1 MiB. */
  outsideBytesMax?: number | undefined;
  /** @throws Error for invalid JSON */
  parse(text: string): unknown;
}

/** @throws malformedJson, or invalidBody if the body has too many values or a part that is too large */
export async function parseJson(
  bytes: Buffer,
  { bytesMax, outsideBytesMax = outsideBytesMaxDefault, parse }: ParseJson,
): Promise<unknown> {
  const whole = { from: 0, to: bytes.length };
  const valuesMax = Math.max(valuesMin, Math.floor(bytesMax / bytesPerValue));
  // Each value has at least one punctuation character before or after it.
  if (bytes.length <= Math.min(2 * valuesMax, wholeBytesMax)) return parseRange(bytes, whole, parse);
  const scan = scanJson(bytes, { pieceBytes, entryBytesMax });
  while (!scan.isDone) {
    scan.next(scanBytes);
    if (scan.values > valuesMax) {
      throw tooLarge(`The body has more than ${valuesMax} values. Split it into several requests.`);
    }
    if (!scan.isDone) await nextTurn();
  }
  if (bytes.length <= wholeBytesMax) return parseRange(bytes, whole, parse);
  if (scan.depth > 0) throw malformed('The body ends inside a list or an object.');
  if (scan.largeEntry !== null) {
    throw tooLarge(`Entry ${scan.largeEntry} of a list is larger than ${entryBytesMax / 1024} KiB.`);
  }
  return parsePieces(bytes, scan.lists, { parse, outsideBytesMax });
}

async function parsePieces(
  bytes: Buffer,
  lists: readonly ListRange[],
  { parse, outsideBytesMax }: { parse: ParseJson['parse']; outsideBytesMax: number },
): Promise<unknown> {
  // Each list is replaced by a list that contains only its index.
  const outside: Buffer[] = [];
  let from = 0;
  for (const [index, list] of lists.entries()) {
    outside.push(bytes.subarray(from, list.from), Buffer.from(String(index)));
    from = list.to;
  }
  const skeleton = Buffer.concat([...outside, bytes.subarray(from)]);
  if (skeleton.length > outsideBytesMax) {
    throw tooLarge(`The body without its lists is larger than ${outsideBytesMax / 1024} KiB.`);
  }
  const entries: unknown[][] = [];
  for (const list of lists) entries.push(await parseList(bytes, list, parse));
  await nextTurn();
  const body = parseRange(skeleton, { from: 0, to: skeleton.length }, parse, { from: 0, to: bytes.length });
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
    // An empty piece means two commas in a row, or one at the end.
    if (entries.length === 0 && pieces.length > 1) throw malformedIn('Unexpected comma', piece);
    for (const entry of entries) all.push(entry);
    await nextTurn();
  }
  return all;
}

/** @param original The range of the body that these bytes come from, for the error message */
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
    const problem = describeProblem(text);
    if (original) throw malformedIn(problem.replace(/ in JSON at position.*$/s, ''), original);
    throw malformed(problem);
  }
}

/** Parses the text again with `JSON.parse`, whose errors have a position, unlike those of Fastify's parser. */
function describeProblem(text: string): string {
  try {
    // Some spreadsheets and editors begin a file with a byte order mark, which Fastify ignores.
    JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    if (error instanceof SyntaxError) return `${error.message}.`;
  }
  return 'Remove the fields "__proto__" and "constructor", which are not allowed.';
}

function malformed(message: string): Refusal {
  return malformedJson([{ path: '', code: 'malformed', message }]);
}

function malformedIn(problem: string, { from, to }: Range): Refusal {
  return malformed(`${problem.replace(/\.$/, '')}, between bytes ${from} and ${to}.`);
}

function tooLarge(message: string): Refusal {
  return invalidBody([{ path: '', code: 'too_large', message }]);
}

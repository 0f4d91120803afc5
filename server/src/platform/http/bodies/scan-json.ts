// Scans JSON before it is parsed: counts its values, and finds where the lists of its outermost object can be split.
// The cost of parsing depends on the number of values rather than bytes: 16 MiB of empty lists take three seconds.

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const openList = 0x5b;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;

/** A range of bytes; `to` is exclusive. */
export interface Range {
  from: number;
  to: number;
}

/** A list in a field of the outermost object, with ranges of its entries of about `pieceBytes` each. */
export interface ListRange extends Range {
  pieces: Range[];
}

export interface JsonScan {
  /** The number of values so far, including nested ones. Too low if the JSON is invalid. */
  values: number;
  lists: ListRange[];
  /** True at the end of the text. Call `next` until then. */
  isDone: boolean;
  /** The number of open lists and objects. */
  depth: number;
  /** The index of the first list entry that is larger than `entryBytesMax`. */
  largeEntry: number | null;
  /** Scans about this many more bytes. */
  next(bytes: number): void;
}

interface ScanOptions {
  pieceBytes: number;
  entryBytesMax: number;
}

export function scanJson(bytes: Buffer, { pieceBytes, entryBytesMax }: ScanOptions): JsonScan {
  let at = 0;
  let isInText = false;
  let outermost: number | undefined;
  let list: ListRange | null = null;
  let pieceFrom = 0;
  let entryFrom = 0;
  let entry = 0;

  /** Ends an entry of the list at `at`; also its piece, if that is large enough, and the list after the last entry. */
  function endEntry(isLast: boolean): void {
    if (list === null) return;
    if (at - entryFrom > entryBytesMax) scan.largeEntry ??= entry;
    if (isLast || at - pieceFrom >= pieceBytes) {
      list.pieces.push({ from: pieceFrom, to: at });
      pieceFrom = at + 1;
    }
    entryFrom = at + 1;
    entry += 1;
    if (!isLast) return;
    list.to = at;
    scan.lists.push(list);
    list = null;
  }

  function open(sign: number): void {
    scan.depth += 1;
    scan.values += 1;
    if (scan.depth === 1) outermost ??= sign;
    if (scan.depth !== 2 || sign !== openList || outermost !== openObject) return;
    list = { from: at + 1, to: at + 1, pieces: [] };
    pieceFrom = at + 1;
    entryFrom = at + 1;
    entry = 0;
  }

  const scan: JsonScan = {
    values: 1,
    lists: [],
    isDone: false,
    depth: 0,
    largeEntry: null,
    next(count) {
      const end = Math.min(bytes.length, at + count);
      for (; at < end; at += 1) {
        if (isInText) {
          // Much faster than checking each byte. Scanning beyond `end` is harmless.
          const next = bytes.indexOf(quote, at);
          at = next < 0 ? bytes.length : next;
          isInText = next < 0 || isEscaped(bytes, at);
          continue;
        }
        const sign = bytes[at];
        if (sign === quote) isInText = true;
        else if (sign === comma) {
          scan.values += 1;
          if (scan.depth === 2) endEntry(false);
        } else if (sign === openList || sign === openObject) open(sign);
        else if (sign === closeList || sign === closeObject) {
          // Brackets of different kinds may be paired here: parsing reports that.
          if (scan.depth === 2) endEntry(true);
          scan.depth -= 1;
        }
      }
      scan.isDone = at >= bytes.length;
    },
  };
  return scan;
}

export function countValues(bytes: Buffer): number {
  const scan = scanJson(bytes, { pieceBytes: Number.POSITIVE_INFINITY, entryBytesMax: bytes.length });
  scan.next(bytes.length);
  return scan.values;
}

function isEscaped(bytes: Buffer, at: number): boolean {
  let start = at - 1;
  while (bytes[start] === backslash) start -= 1;
  return (at - start) % 2 === 0;
}

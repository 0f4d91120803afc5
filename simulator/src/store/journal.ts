// The journal file: one JSON line for each change, written before the answer that tells of it leaves.
// It survives kill -9 of the process. It knows nothing of what the lines mean.

import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Journal {
  append(entry: unknown): void;
  close(): void;
}

/** Every complete line, oldest first. A last line that was torn by a crash is dropped. */
export function readJournal(file: string): unknown[] {
  if (!existsSync(file)) return [];
  const entries: unknown[] = [];
  const lines = readFileSync(file, 'utf8').split('\n');
  // What follows the last newline is either empty or torn: its answer never left.
  lines.pop();
  lines.forEach((line, index) => {
    if (line === '') return;
    try {
      entries.push(JSON.parse(line));
    } catch {
      throw new Error(`${file}: line ${index + 1} is not JSON. The simulator's data file is damaged.`);
    }
  });
  return entries;
}

/** Opens the journal anew with these entries in place of the old ones, so that it does not grow for ever. */
export function openJournal(file: string, entries: readonly unknown[]): Journal {
  mkdirSync(dirname(file), { recursive: true });
  const fresh = `${file}.new`;
  // Readable by the owner only: it tells who may act for which account.
  const descriptor = openSync(fresh, 'w', 0o600);
  for (const entry of entries) writeLine(descriptor, entry);
  renameSync(fresh, file);
  let isOpen = true;
  return {
    append: (entry) => {
      if (!isOpen) throw new Error('The journal is closed.');
      writeLine(descriptor, entry);
    },
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      closeSync(descriptor);
    },
  };
}

function writeLine(descriptor: number, entry: unknown): void {
  const bytes = Buffer.from(`${JSON.stringify(entry)}\n`);
  // One write may take only part of the bytes.
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(descriptor, bytes, written, bytes.length - written);
  }
}

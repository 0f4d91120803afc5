// The journal file: one JSON line for each change, written before the response is sent. It survives kill -9 of the
// process. Independent of the contents of the lines.
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Journal {
  append(entry: unknown): void;
  close(): void;
}

/** Returns every complete line, oldest first. Drops a last line that a crash left incomplete. */
export function readJournal(file: string): unknown[] {
  if (!existsSync(file)) return [];
  const entries: unknown[] = [];
  const lines = readFileSync(file, 'utf8').split('\n');
  // The text after the last newline is empty or incomplete: its response was never sent.
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

/** Replaces the journal with these entries, so that it does not grow forever, and opens it for appending. */
export function openJournal(file: string, entries: readonly unknown[]): Journal {
  mkdirSync(dirname(file), { recursive: true });
  const fresh = `${file}.new`;
  // Readable only by the owner: it contains access to accounts.
  const descriptor = openSync(fresh, 'w', 0o600);
  for (const entry of entries) writeLine(descriptor, entry);
  renameSync(fresh, file);
  let isOpen = true;
  return {
    append(entry) {
      if (!isOpen) throw new Error('The journal is closed.');
      writeLine(descriptor, entry);
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      closeSync(descriptor);
    },
  };
}

function writeLine(descriptor: number, entry: unknown): void {
  const bytes = Buffer.from(`${JSON.stringify(entry)}\n`);
  // A write can be partial.
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(descriptor, bytes, written, bytes.length - written);
  }
}

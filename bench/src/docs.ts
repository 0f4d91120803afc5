// Writes the table to docs/performance.md, between its two markers. The rest of that page is written by hand.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Done, toMarkdown } from './table.ts';

const page = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));
const begin = '<!-- bench: begin -->';
const end = '<!-- bench: end -->';

export interface RunAbout {
  form: string;
  date: string;
  commit: string;
  machine: string;
  node: string;
}

export function writeDocs(done: readonly Done[], about: RunAbout): void {
  const text = readFileSync(page, 'utf8');
  const [before, after] = [text.indexOf(begin), text.indexOf(end)];
  if (before < 0 || after < before) throw new Error(`${page} lacks the markers ${begin} and ${end}.`);
  const table = [
    begin,
    '',
    `${about.date} UTC, commit ${about.commit}, ${about.machine}, Node ${about.node}, the ${about.form} form.`,
    '',
    toMarkdown(done),
    '',
  ].join('\n');
  writeFileSync(page, `${text.slice(0, before)}${table}${text.slice(after)}`);
}

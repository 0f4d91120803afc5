// The table: as text for a terminal, as Markdown for the documentation, as JSON for programs.
import type { Figure, Result, Row } from './row.ts';

/** A row with its result. */
export type Done = { row: Row } & (Result | { failed: string });

export interface Line {
  row: string;
  figure: string;
  value: string;
  target: string;
  /** Empty where there is no target. */
  reached: 'yes' | 'no' | '';
}

export function toLines(done: readonly Done[]): Line[] {
  return done.flatMap((entry) => {
    const { row } = entry;
    if ('failed' in entry) {
      return [{ row: row.name, figure: `FAILED: ${entry.failed}`, value: '', target: '', reached: '' }];
    }
    return Object.entries(row.figures).flatMap(([name, figure]): Line[] => {
      const value = entry.values[name];
      if (value === undefined) return [];
      return [
        {
          row: row.name,
          figure: figure.label,
          value: show(value, figure.unit),
          target: targetOf(figure),
          reached: isReached(value, figure),
        },
      ];
    });
  });
}

function show(value: number, unit: Figure['unit']): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const number = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === '' ? number : `${number}${unit === '/s' ? '' : ' '}${unit}`;
}

function targetOf({ atLeast, atMost, unit }: Figure): string {
  const after = unit === '' ? '' : unit === '/s' ? unit : ` ${unit}`;
  if (atLeast !== undefined) return `≥ ${atLeast.toLocaleString('en')}${after}`;
  return atMost === undefined ? '' : `≤ ${atMost.toLocaleString('en')}${after}`;
}

function isReached(value: number, { atLeast, atMost }: Figure): Line['reached'] {
  if (atLeast === undefined && atMost === undefined) return '';
  return value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Number.POSITIVE_INFINITY)
    ? 'yes'
    : 'no';
}

const headings: Line = {
  row: 'row',
  figure: 'figure',
  value: 'value',
  target: 'target',
  reached: 'reached' as 'yes',
};
const columns = ['row', 'figure', 'value', 'target', 'reached'] as const;

export function toText(done: readonly Done[]): string {
  const lines = [headings, ...toLines(done)];
  const widths = columns.map((column) => Math.max(...lines.map((line) => line[column].length)));
  const table = lines.map((line, index) =>
    columns
      .map((column, place) => {
        // The name of a row is printed once.
        const text = column === 'row' && lines[index - 1]?.row === line.row ? '' : line[column];
        return column === 'value' || column === 'target'
          ? text.padStart(widths[place] ?? 0)
          : text.padEnd(widths[place] ?? 0);
      })
      .join('  ')
      .trimEnd(),
  );
  const rule = '-'.repeat(widths.reduce((total, width) => total + width + 2, -2));
  return [table[0], rule, ...table.slice(1), '', ...notesOf(done)].join('\n');
}

function notesOf(done: readonly Done[]): string[] {
  return done.flatMap((entry) =>
    'notes' in entry && entry.notes.length > 0
      ? [`${entry.row.name}: ${entry.row.what}; against: ${entry.row.against}. ${entry.notes.join(' ')}`]
      : [`${entry.row.name}: ${entry.row.what}; against: ${entry.row.against}.`],
  );
}

export function toMarkdown(done: readonly Done[]): string {
  const rows = toLines(done).map((line) => `| ${columns.map((column) => line[column]).join(' | ')} |`);
  return [
    `| ${columns.join(' | ')} |`,
    '| --- | --- | ---: | ---: | --- |',
    ...rows,
    '',
    ...notesOf(done).map((note) => `- ${note}`),
  ].join('\n');
}

export function toJson(done: readonly Done[], about: unknown): string {
  const rows = done.map(({ row, ...outcome }) => ({
    name: row.name,
    what: row.what,
    against: row.against,
    figures: row.figures,
    ...outcome,
  }));
  return `${JSON.stringify({ about, rows }, null, 2)}\n`;
}

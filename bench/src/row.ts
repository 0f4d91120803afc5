// What a row of the table is: something measured, the figures told of it, and what each is to reach.
import type { Lab } from './lab.ts';

export type Form = 'quick' | 'full';

/** One line of the table. A figure with neither `atLeast` nor `atMost` is told for information. */
export interface Figure {
  label: string;
  unit: '×' | 'ms' | 's' | '/s' | '%' | 'MB' | '';
  atLeast?: number;
  atMost?: number;
}

export interface Result<Name extends string = string> {
  /** Those that were measured. */
  values: Partial<Record<Name, number>>;
  /** What the reader must know to read them: sizes, bottlenecks. */
  notes: string[];
}

/** The server under test has no such thing. */
export interface Skipped {
  skipped: string;
}

export interface Row<Name extends string = string> {
  /** For --only. */
  name: string;
  what: string;
  /** What runs in turns with it, in the same run. */
  against: string;
  figures: Record<Name, Figure>;
  run(lab: Lab, form: Form): Promise<Result<Name> | Skipped>;
}

/** Declares a row; makes sure that what it tells is what it declares. */
export function row<Name extends string>(definition: Row<Name>): Row {
  return definition;
}

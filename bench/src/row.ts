// A row of the table: a measurement, its figures and their targets.
import type { Lab } from './lab.ts';

export type Form = 'quick' | 'full';

/** One line of the table. A figure with neither `atLeast` nor `atMost` is information. */
export interface Figure {
  label: string;
  unit: '×' | 'ms' | 's' | '/s' | '%' | 'MB' | '';
  atLeast?: number;
  atMost?: number;
}

export interface Result<Name extends string = string> {
  /** The measured values. */
  values: Partial<Record<Name, number>>;
  /** Information that the reader needs to interpret the values: sizes, bottlenecks. */
  notes: string[];
}

export interface Row<Name extends string = string> {
  /** For --only. */
  name: string;
  what: string;
  /** The program that runs alternately with it, in the same run. */
  against: string;
  figures: Record<Name, Figure>;
  run(lab: Lab, form: Form): Promise<Result<Name>>;
}

/** Declares a row. The type checker ensures that its values are those that it declares. */
export function row<Name extends string>(definition: Row<Name>): Row {
  return definition;
}

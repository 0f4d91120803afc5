// The shape of a setting, and the parsers that several files of settings use.
import { z } from 'zod';

/** A setting with its documentation and its parser. */
export interface Setting<T> {
  about: string;
  /** The expected form, for the documentation and for errors. */
  shape: string;
  schema: z.ZodType<T, string | undefined>;
  /** The value can also be read from a file, whose path is in NAME_FILE. */
  secret?: true;
}

/** A whole number with a default and bounds. */
export const wholeNumber = (standard: number, min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,7}$/)
    .transform(Number)
    .refine((value) => value >= min && value <= max)
    .default(standard);

/** A whole number with bounds; undefined if it is not set. */
export const optionalNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,7}$/)
    .transform(Number)
    .refine((value) => value >= min && value <= max)
    .optional();

// The rows in the order of the table.
import type { Row } from '../row.ts';
import { create } from './create.ts';

export const rows: readonly Row[] = [create];

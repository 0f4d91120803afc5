// The list of all operations that the pretend Pinterest knows.

import type { AppOperation, Operation } from '../http/operation.ts';
import { boardOperations } from './boards.ts';
import { pinOperations } from './pins.ts';

export const operations: readonly Operation[] = [...boardOperations, ...pinOperations];
export const appOperations: readonly AppOperation[] = [];

export const operationIds: ReadonlySet<string> = new Set(
  [...operations, ...appOperations].map(({ id }) => id),
);

// All operations of the simulated API.
import type { AppOperation, Operation } from '../http/operation.ts';
import { analyticsOperations } from './analytics.ts';
import { boardWriteOperations } from './board-writes.ts';
import { boardOperations } from './boards.ts';
import { mediaOperations } from './media.ts';
import { oauthOperations } from './oauth.ts';
import { pinWriteOperations } from './pin-writes.ts';
import { pinOperations } from './pins.ts';

export const operations: readonly Operation[] = [
  ...boardOperations,
  ...boardWriteOperations,
  ...pinOperations,
  ...pinWriteOperations,
  ...mediaOperations,
  ...analyticsOperations,
];
export const appOperations: readonly AppOperation[] = oauthOperations;

/** Not an operation of Pinterest: uploads go to S3. Faults can be set on it like on the others. */
export const uploadOperation = 's3/upload';

export const operationIds: ReadonlySet<string> = new Set([
  ...[...operations, ...appOperations].map(({ id }) => id),
  uploadOperation,
]);

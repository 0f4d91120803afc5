// The rows in the order of the table.
import type { Row } from '../row.ts';
import { batch } from './batch.ts';
import { burst } from './burst.ts';
import { claim } from './claim.ts';
import { create, createWithPicture, createWithPictureInFull, ingest } from './create.ts';
import { idle } from './idle.ts';
import { lag } from './lag.ts';
import { list, slot } from './reads.ts';
import { start } from './start.ts';
import { webhooks } from './webhooks.ts';

export const rows: readonly Row[] = [
  create,
  createWithPicture,
  createWithPictureInFull,
  ingest,
  batch,
  lag,
  burst,
  list,
  slot,
  idle,
  start,
  claim,
  webhooks,
];

// An event's id as callers see it. It is also the place in the log to read on from.
import { numberedIds } from '../../domain/ids.ts';

export const { to: toEventId, from: fromEventId } = numberedIds('evt');

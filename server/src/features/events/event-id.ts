// The id of an event as callers see it. It is also the position in the log from which a reader continues.
import { numberedIds } from '../../domain/ids.ts';

export const { to: toEventId, from: fromEventId } = numberedIds('evt');

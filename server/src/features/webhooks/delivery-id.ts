// A delivery's id as callers see it.
import { numberedIds } from '../../platform/numbered-ids.ts';

export const { to: toDeliveryId, from: fromDeliveryId } = numberedIds('whd');

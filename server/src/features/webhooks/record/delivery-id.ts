// The id of a delivery, as callers see it.
import { numberedIds } from '../../../domain/ids.ts';

export const { to: toDeliveryId, from: fromDeliveryId } = numberedIds('whd');

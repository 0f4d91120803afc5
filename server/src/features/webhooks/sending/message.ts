// The message of a delivery: the body and the headers' contents.
import { toUnixSeconds } from '../../../platform/clock.ts';
import { type LoggedEvent, toEventView } from '../../events/index.ts';
import { toDeliveryId } from '../record/delivery-id.ts';
import type { Message } from './signature.ts';

export const testType = 'webhook.test';

/** The fields of a delivery from which its message is made. */
export interface Deliverable {
  id: number;
  webhook_id: string;
  created_at: Date;
  /** Null: a test. */
  event: LoggedEvent | null;
}

/** Builds the message of a delivery. It is the same in every attempt, except for the timestamp. */
export function toMessage(delivery: Deliverable, now: Date): Message {
  const timestamp = toUnixSeconds(now);
  if (delivery.event === null) {
    return {
      id: toDeliveryId(delivery.id),
      timestamp,
      body: render(testType, delivery.created_at, { webhookId: delivery.webhook_id }),
    };
  }
  const { id, type, data } = toEventView(delivery.event);
  return { id, timestamp, body: render(type, delivery.event.at, data) };
}

function render(type: string, at: Date, data: Record<string, unknown>): string {
  return JSON.stringify({ type, timestamp: at.toISOString(), data });
}

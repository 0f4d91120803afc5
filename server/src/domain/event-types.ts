// The types of events that callers may rely on (docs/api-contract.md#events). Other types are details for the timeline of a
// post.
import { type Caller, callerMay } from '../platform/use-case/index.ts';
import type { Scope } from './scopes.ts';

export const eventTypes = [
  'post.created',
  'post.scheduled',
  'post.updated',
  'post.unscheduled',
  'post.deleted',
  'post.publishing',
  'post.sent',
  'post.failed',
  'post.missed',
  'post.held',
  'post.unknown',
  'account.connected',
  'account.disconnected',
  'account.unauthorized',
  'account.paused',
  'account.resumed',
  'batch.completed',
  'webhook.disabled',
  'api_key.created',
  'api_key.revoked',
] as const;

export type EventType = (typeof eventTypes)[number];

/**
 * The types that only callers who may manage the keys of the whole organization see: the scope `keys:write`, and no
 * restriction to accounts. They name keys and their rights, which no other caller may list.
 */
export const keyEventTypes = ['api_key.created', 'api_key.revoked'] as const satisfies readonly EventType[];

/** The types of which a caller may see events, and receive them by webhook. */
export function visibleEventTypes(caller: Pick<Caller, 'scopes' | 'accountIds'>): readonly EventType[] {
  const seesKeys = caller.accountIds === null && callerMay(caller, 'keys:write' satisfies Scope);
  return seesKeys ? eventTypes : eventTypes.filter((type) => !isKeyEventType(type));
}

/** Whether events of this type are about API keys. */
export function isKeyEventType(type: string): boolean {
  return keyEventTypes.some((keyType) => keyType === type);
}

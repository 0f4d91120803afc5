// The types of events that callers may rely on (docs/api-contract.md#events). Other types are details for the timeline of a
// post.
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
] as const;

export type EventType = (typeof eventTypes)[number];

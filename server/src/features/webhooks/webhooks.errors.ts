import { refusal } from '../../platform/errors.ts';

export const webhookNotFound = refusal({
  code: 'NOT_FOUND',
  reason: 'webhook_not_found',
  message: 'Webhook not found',
  fix: 'GET /v1/webhooks lists the webhooks that this key may use.',
});

export const deliveryNotFound = refusal({
  code: 'NOT_FOUND',
  reason: 'delivery_not_found',
  message: 'Delivery not found',
  fix: 'Deliveries are kept for 30 days.',
});

export const webhookDisabled = refusal({
  code: 'CONFLICT',
  reason: 'webhook_disabled',
  message: 'The webhook is disabled',
  fix: 'Enable it first: PATCH it with {"enabled": true}.',
});

export const tooManyWebhooks = refusal({
  code: 'CONFLICT',
  reason: 'too_many_webhooks',
  message: 'Limit reached: an organization can have at most 100 webhooks',
  fix: 'Delete a webhook that is no longer needed.',
});

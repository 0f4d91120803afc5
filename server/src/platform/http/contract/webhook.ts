// The webhooks section of the OpenAPI document: requests that Pintail sends to the endpoints of callers.
import type { z } from 'zod';

export interface WebhookDeclaration {
  /** The type of the message. */
  type: string;
  /** When it is sent. */
  description: string;
  /** The body. Its metadata have the id of its component. */
  message: z.ZodType;
}

export interface Webhooks {
  /** The headers of every request. */
  headers: z.ZodObject;
  /** The meaning of the endpoint's answer, by status. */
  answers: Readonly<Record<string, string>>;
  messages: readonly WebhookDeclaration[];
}

// The webhooks section of the OpenAPI document: requests that Pintail sends to the endpoints of callers.
import type { z } from 'zod';

export interface WebhookDeclaration {
  /** The type of the message. */
  type: string;
  /** The cause of the message. */
  description: string;
  /** The schema of the body, with the id of its component in its metadata. */
  message: z.ZodType;
}

export interface Webhooks {
  /** The headers of every request. */
  headers: z.ZodObject;
  /** The meaning of the endpoint's answer, by status. */
  answers: Readonly<Record<string, string>>;
  messages: readonly WebhookDeclaration[];
}

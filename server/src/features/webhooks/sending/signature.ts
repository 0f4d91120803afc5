// The Standard Webhooks scheme: with the secret a receiver verifies that a delivery is ours, complete and recent.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { createHmac, randomBytes } from 'node:crypto';

const prefix = 'whsec_';
const secretBytes = 32;

export function newSecret(): string {
  return `${prefix}${randomBytes(secretBytes).toString('base64')}`;
}

export interface Message {
  /** Equal in every attempt, so that a receiver recognizes what it has received before. */
  id: string;
  /** When it is sent, in Unix seconds. */
  timestamp: number;
  body: string;
}

/** One signature for each secret that is valid; a receiver accepts any of them. */
export function sign(message: Message, secrets: readonly string[]): string {
  return secrets.map((secret) => `v1,${signature(message, secret)}`).join(' ');
}

function signature({ id, timestamp, body }: Message, secret: string): string {
  const key = Buffer.from(secret.slice(prefix.length), 'base64');
  return createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
}

export function signedHeaders(message: Message, secrets: readonly string[]): Record<string, string> {
  return {
    'content-type': 'application/json',
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestamp),
    'webhook-signature': sign(message, secrets),
  };
}

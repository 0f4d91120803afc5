// The shape of one operation of the API, and of a call to it.

import type { Account, App, Environment, Token } from '../store/model.ts';
import type { World } from '../world.ts';
import type { Category } from './limits.ts';

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A call whose caller is known and allowed. */
export interface Call {
  world: World;
  environment: Environment;
  account: Account;
  app: App;
  token: Token;
  params: unknown;
  query: unknown;
  /** Reads the body as JSON, or refuses it. */
  json(): unknown;
  requestNumber: number;
}

export interface Operation {
  /** Pinterest's operationId. */
  id: string;
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** As Fastify writes paths, without the prefix. */
  path: string;
  scopes: readonly string[];
  category: Category;
  /** Missing in the sandbox (docs/pinterest.md#hosts-and-access). */
  isMissingInSandbox?: boolean;
  /** May a client_credentials token call it (docs/pinterest.md#oauth)? */
  takesClientCredentials?: boolean;
  handle(call: Call): Answer | Promise<Answer>;
}

/** The token calls: no bearer, but the app's own id and secret. */
export interface AppOperation {
  id: string;
  method: 'POST';
  path: string;
  handle(call: AppCall): Answer;
}

export interface AppCall {
  world: World;
  environment: Environment;
  app: App;
  form(): Record<string, string>;
  /** For the ledger: whom the call turned out to be about. */
  noteAccount(accountId: string): void;
}

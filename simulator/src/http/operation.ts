// The shape of one operation of the API, and of a call to it.
import type { Clock } from '../ground/clock.ts';
import type { Previews } from '../images/previews.ts';
import type { Account, App, Environment, Token } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import type { Switches } from '../store/switches.ts';
import type { Category } from './limits.ts';

/** The parts that operations use. */
export interface ApiParts extends Pick<Switches, 'settings'> {
  store: Store;
  clock: Clock;
  previews: Previews;
  /** Empty until the ports are open. */
  addresses: Addresses;
}

export interface Addresses {
  url: string;
  uploadUrl: string;
}

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A call that was authenticated and authorized. */
export interface Call extends ApiParts {
  environment: Environment;
  account: Account;
  app: App;
  token: Token;
  params: unknown;
  query: unknown;
  /** Parses the body as JSON, or throws the refusal. */
  json(): unknown;
  requestNumber: number;
}

export interface Operation {
  /** Pinterest's operationId. */
  id: string;
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** A Fastify route pattern, without the prefix. */
  path: string;
  scopes: readonly string[];
  category: Category;
  /** Missing in the sandbox (docs/pinterest.md#hosts-and-access). */
  isMissingInSandbox?: boolean;
  /** May a client_credentials token call it (docs/pinterest.md#oauth)? */
  takesClientCredentials?: boolean;
  handle(call: Call): Answer | Promise<Answer>;
}

type OperationRow = [
  id: string,
  route: `${Operation['method']} /${string}`,
  handle: Operation['handle'],
  options?: Partial<Operation>,
];

/** Declares operations that share options, such as their category. */
export function operationTable(
  shared: Pick<Operation, 'scopes' | 'category'> & Partial<Operation>,
  rows: readonly OperationRow[],
): Operation[] {
  return rows.map(([id, route, handle, options]) => {
    const [method, path = ''] = route.split(' ');
    return { ...shared, id, method: method as Operation['method'], path, handle, ...options };
  });
}

/** A token call, authenticated with the app's own id and secret instead of a bearer token. */
export interface AppOperation {
  id: string;
  method: 'POST';
  path: string;
  handle(call: AppCall): Answer;
}

export interface AppCall extends ApiParts {
  environment: Environment;
  app: App;
  form(): Record<string, string>;
  /** Records in the ledger which account the call concerned. */
  noteAccount(accountId: string): void;
}

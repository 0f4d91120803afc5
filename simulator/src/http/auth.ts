// Authentication and authorization: bearer tokens, their scopes, the access level of their app
// (docs/pinterest.md#hosts-and-access, #oauth, #errors).
import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../ground/clock.ts';
import {
  authenticationFailed,
  consumerTypeNotSupported,
  missingScopes,
  notPermitted,
  Refusal,
  trialApp,
} from '../ground/refusal.ts';
import { fingerprint } from '../store/ids.ts';
import type { Account, App, Environment, Token } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import type { Operation } from './operation.ts';

export const allScopes = [
  'boards:read',
  'boards:read_secret',
  'boards:write',
  'boards:write_secret',
  'pins:read',
  'pins:read_secret',
  'pins:write',
  'pins:write_secret',
  'user_accounts:read',
  'user_accounts:write',
] as const;

interface AuthParts {
  store: Store;
  clock: Clock;
}

export interface Caller {
  token: Token;
  account: Account;
  app: App;
}

/** Returns the owner of a token, valid or not. */
export function findCaller(
  { store }: Pick<AuthParts, 'store'>,
  authorization: string | undefined,
): Caller | undefined {
  const bearer = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization ?? '')?.[1];
  if (bearer === undefined) return undefined;
  const token = store.rows.tokens.get(fingerprint(bearer));
  if (token === undefined) return undefined;
  const account = store.rows.accounts.get(token.accountId);
  const app = store.rows.apps.get(token.appId);
  return account && app ? { token, account, app } : undefined;
}

/** Returns the caller when it may call this operation, or throws the refusal. */
export function admit(
  { clock }: Pick<AuthParts, 'clock'>,
  operation: Operation,
  environment: Environment,
  caller: Caller | undefined,
): Caller {
  if (caller === undefined) throw authenticationFailed();
  const { token, account, app } = caller;
  const isGood =
    token.accessRevokedAt === null &&
    clock.nowMs() < Date.parse(token.accessExpiresAt) &&
    account.state !== 'deleted' &&
    // A token of the other environment is treated as an unknown one.
    account.environment === environment;
  if (!isGood) throw authenticationFailed();
  if (app.level === 'pending') throw consumerTypeNotSupported();
  if (token.kind === 'client' && operation.takesClientCredentials !== true) throw notPermitted();
  const missing = operation.scopes.filter((scope) => !token.scopes.includes(scope));
  if (missing.length > 0) throw missingScopes(missing);
  if (account.state === 'suspended') throw notPermitted('This account has been suspended.');
  if (environment === 'sandbox' && operation.isMissingInSandbox === true) {
    throw notPermitted('This endpoint is not available in the sandbox.');
  }
  const isTrialPublishing = app.level === 'trial' && environment === 'production';
  if (isTrialPublishing && operation.id === 'pins/create') throw trialApp();
  return caller;
}

/** Returns the app that the Basic credentials of a token call name, or throws the refusal. */
export function admitApp({ store }: Pick<AuthParts, 'store'>, authorization: string | undefined): App {
  const encoded = /^Basic +([\w+/=-]+)$/i.exec(authorization ?? '')?.[1];
  const pair = Buffer.from(encoded ?? '', 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  const app = colon > 0 ? store.rows.apps.get(pair.slice(0, colon)) : undefined;
  if (app === undefined || !isSame(app.secretFingerprint, fingerprint(pair.slice(colon + 1)))) {
    throw authenticationFailed();
  }
  return app;
}

/** A spam block applies to operations that create Pins (docs/pinterest.md#simulated-behavior, no. 23). */
export function refuseBlocked({ store, clock }: AuthParts, operation: Operation, account: Account): void {
  if (operation.id !== 'pins/create' && operation.id !== 'pins/save') return;
  const block = store.rows.spamBlocks.get(account.id);
  if (block === undefined || clock.nowMs() >= Date.parse(block.until)) return;
  throw new Refusal(
    block.status,
    9,
    "You've hit a block (Pins) we have in place to combat spam. Please try again later.",
  );
}

function isSame(left: string, right: string): boolean {
  return timingSafeEqual(Buffer.from(left), Buffer.from(right));
}

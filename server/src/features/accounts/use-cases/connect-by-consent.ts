// Creates the link with which the owner of an account connects it through Pinterest's consent page. The link leads to a
// page of ours, from there to Pinterest, and back to us (open-connect-link.ts, finish-connect.ts).
//
// Three secrets, stored as hashes: that of the link, the `state` that Pinterest returns, and a cookie of the browser that
// has seen our page. A consent is accepted only from that browser, so nobody can send somebody else to Pinterest and
// receive the account without our page having said for whom.
import { createHash, randomBytes } from 'node:crypto';
import type { AppCredentials, Environment } from '../../../pinterest/index.ts';
import { addMs, toUnixSeconds } from '../../../platform/clock.ts';
import { type Context, invalidBody } from '../../../platform/use-case/index.ts';
import { keyIsRestricted, noPinterestApp, tooManyConnectLinks } from '../accounts.errors.ts';
import type { ConnectAccount } from '../accounts.schema.ts';
import { checkEnvironment, environmentOf } from '../environment.ts';
import type { AccountParts } from '../parts.ts';
import { problemOfReturnUrl } from '../return-url.ts';
import { hasOpenLinks, insertLink } from './connect-links.queries.ts';
import { getAccount } from './read-accounts.ts';

/** The path of this server to which Pinterest sends the account's owner back. */
export const callbackPath = '/oauth/pinterest/callback';
/** The path of the page that a link leads to, without its secret. */
export const connectPath = '/connect';

const linkSecondsDefault = 600;
/** Links live for up to a week, so their number is limited. */
const openLinksMax = 1_000;

/**
 * Returns a link to the connect page, for the account's owner.
 * @throws accountNotFound, noPinterestApp, keyIsRestricted, tooManyConnectLinks; invalidBody for a return URL or environment that is not allowed
 */
export async function startConnect(parts: AccountParts, context: Context, input: ConnectAccount) {
  const { accountId, environment, returnUrl, state, expiresIn = linkSecondsDefault } = input ?? {};
  if (accountId === undefined && context.accountIds !== null) throw keyIsRestricted();
  const problem = returnUrl === undefined ? undefined : problemOfReturnUrl(returnUrl, parts.returnOrigins);
  if (problem) throw invalidBody([problem]);
  return context.commit(async (tx) => {
    const account = accountId === undefined ? null : await getAccount(tx, context, accountId);
    const place = account ? environmentOf(account) : (environment ?? parts.environment);
    checkEnvironment(parts, place);
    getApp(parts, place);
    const now = context.clock.now();
    const limit = { organizationId: context.organizationId, count: openLinksMax, now };
    if (await hasOpenLinks(tx, limit)) throw tooManyConnectLinks();
    const link = newSecret();
    const expiresAt = addMs(now, expiresIn * 1000);
    const row = {
      link_hash: hashOf(link),
      organization_id: context.organizationId,
      account_id: account?.id ?? null,
      actor: context.actor,
      environment: place,
      expires_at: expiresAt,
      return_url: returnUrl ?? null,
      caller_state: state ?? null,
    };
    await insertLink(tx, row, now);
    const url = `${parts.publicUrl}${connectPath}/${link}`;
    return { data: { url, expiresAt: toUnixSeconds(expiresAt) } };
  });
}

/** @throws noPinterestApp */
export function getApp({ pinterest }: AccountParts, environment: Environment): AppCredentials {
  const app = pinterest.app(environment);
  if (app === null) throw noPinterestApp();
  return app;
}

export function redirectUriOf({ publicUrl }: AccountParts): string {
  return `${publicUrl}${callbackPath}`;
}

/** A secret of a link, a state or a browser: 256 random bits. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Whether a text has the form of such a secret. */
export function isSecret(text: string): boolean {
  return /^[\w-]{43}$/.test(text);
}

/** The hash that is stored instead of a secret, so that a reader of the table cannot complete a connection. */
export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

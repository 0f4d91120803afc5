// The two steps of a connect link before Pinterest: our page, and the click that leads to the consent page.

import { authorizeUrl } from '../../../pinterest/index.ts';
import { addMs } from '../../../platform/clock.ts';
import type { Connection } from '../../../platform/db/index.ts';
import { actorFromColumn, callerMay, callerSeesAccount } from '../../../platform/use-case/index.ts';
import { type ActingKey, findActingKey } from '../../auth/index.ts';
import { connectExpired } from '../accounts.errors.ts';
import { findAccount } from '../accounts.queries.ts';
import { environmentOf } from '../environment.ts';
import type { PageParts } from '../parts.ts';
import { getApp, hashOf, isSecret, newSecret, redirectUriOf } from './connect-by-consent.ts';
import { type ConnectLinkRow, findLink, startLink } from './connect-links.queries.ts';

/** The scopes that publishing needs: POST /pins declares all four of boards and Pins, read and write. */
const oauthScopes = ['boards:read', 'boards:write', 'pins:read', 'pins:write', 'user_accounts:read'];

/** The time that the owner has at Pinterest, also when the link itself expires sooner. */
const consentMs = 10 * 60 * 1000;

/** A link as the connect page shows it. */
export interface OpenLink {
  link: ConnectLinkRow;
  organization: string;
  /** The account to re-authorize; null for any account. */
  username: string | null;
  /** The consent page, which the form of our page may lead to. */
  consentOrigin: string;
}

/** Finds a link, also one that is used or expired. A secret that cannot exist costs no query. */
export async function lookUpLink(parts: PageParts, secret: string): Promise<ConnectLinkRow | undefined> {
  if (!isSecret(secret)) return undefined;
  return parts.lookups.run(0, () => findLink(parts.database.db, hashOf(secret)));
}

/**
 * Returns the link that a secret belongs to.
 * @throws connectExpired when it is unknown, used or expired, or when the key that created it may not connect any more
 */
export async function openConnectLink(parts: PageParts, secret: string): Promise<OpenLink> {
  const { database, clock, pinterest } = parts;
  const link = await lookUpLink(parts, secret);
  const now = clock.now();
  if (!link || link.finished_at !== null || link.expires_at <= now) throw connectExpired();
  const key = await requireActingKey(database.db, link, now);
  const account = link.account_id === null ? null : await findAccount(database.db, key, link.account_id);
  const consent = new URL(pinterest.addresses(environmentOf(link)).authorizeUrl);
  return {
    link,
    organization: key.organization,
    username: account?.username ?? null,
    consentOrigin: consent.origin,
  };
}

/**
 * Returns the URL of the consent page, which only this browser can complete. A second click starts over.
 * @param browser The cookie of the browser
 * @throws connectExpired, noPinterestApp
 */
export async function goToConsent(
  parts: PageParts,
  { secret, browser }: { secret: string; browser: string },
): Promise<string> {
  const { link } = await openConnectLink(parts, secret);
  const environment = environmentOf(link);
  const { appId } = getApp(parts, environment);
  const state = newSecret();
  const now = parts.clock.now();
  const started = await startLink(parts.database.db, {
    linkHash: link.link_hash,
    now,
    stateHash: hashOf(state),
    browserHash: hashOf(browser),
    until: addMs(now, Math.max(consentMs, link.expires_at.getTime() - now.getTime())),
  });
  if (!started) throw connectExpired();
  return authorizeUrl(parts.pinterest.addresses(environment).authorizeUrl, {
    appId,
    redirectUri: redirectUriOf(parts),
    scopes: oauthScopes,
    state,
  });
}

/**
 * The key that created the link. In a transaction it stays valid until the transaction ends.
 * @throws connectExpired when it is revoked or expired, or when it may not connect this account any more
 */
export async function requireActingKey(
  connection: Connection,
  link: ConnectLinkRow,
  now: Date,
): Promise<ActingKey> {
  const key = await findActingKey(connection, actorFromColumn(link.actor), now);
  const mayConnect =
    key !== undefined &&
    key.organizationId === link.organization_id &&
    callerMay(key, 'accounts:write') &&
    (link.account_id === null ? key.accountIds === null : callerSeesAccount(key, link.account_id));
  if (!mayConnect) throw connectExpired();
  return key;
}

// Connects the account when Pinterest sends its owner back. There is no context: the link says who started it.
import { Refusal } from '../../../platform/errors.ts';
import { actorFromColumn } from '../../../platform/use-case/index.ts';
import { connectDeclined, connectExpired, tokensRejected } from '../accounts.errors.ts';
import type { AccountRow } from '../accounts.queries.ts';
import { environmentOf } from '../environment.ts';
import type { AccountParts, PageParts } from '../parts.ts';
import { withOutcome } from '../return-url.ts';
import { fetchUser, type Grant, storeGrant } from './connect-account.ts';
import { getApp, hashOf, isSecret, redirectUriOf } from './connect-by-consent.ts';
import { type ConnectLinkRow, findLinkOfBrowser, takeLink } from './connect-links.queries.ts';
import { requireActingKey } from './open-connect-link.ts';

/** The query parameters that Pinterest adds to the callback's URL, and the cookie of the browser. */
export interface Callback {
  state: string | undefined;
  code: string | undefined;
  browser: string | undefined;
}

/** `returnTo` is the address in the caller's app, with the outcome; null if the link has none. */
export type Finished =
  | { kind: 'connected'; account: AccountRow; returnTo: string | null }
  | { kind: 'failed'; refusal: Refusal; returnTo: string | null };

/** Expected failures are returned with the way back: a link that is used or expired, a declined consent, another user. */
export async function finishConnect(parts: PageParts, { state, code, browser }: Callback): Promise<Finished> {
  const { database, clock } = parts;
  if (state === undefined || browser === undefined || !isSecret(state))
    return failed(connectExpired(), undefined);
  const secrets = { stateHash: hashOf(state), browserHash: hashOf(browser) };
  // Used whatever happens next: a consent works once.
  const lookUp = <T>(work: () => Promise<T>) => parts.lookups.run(0, work);
  const link = await lookUp(() => takeLink(database.db, secrets, clock.now()));
  if (!link) return failed(connectExpired(), await lookUp(() => findLinkOfBrowser(database.db, secrets)));
  try {
    const account = await connectByCode(parts, link, code);
    return { kind: 'connected', account, returnTo: returnToOf(link, { accountId: account.id }) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return failed(error, link);
  }
}

/** @throws connectDeclined without a code; connectExpired, tokensRejected, otherUser, noPinterestApp */
async function connectByCode(
  parts: AccountParts,
  link: ConnectLinkRow,
  code: string | undefined,
): Promise<AccountRow> {
  const { database, clock, pinterest } = parts;
  if (code === undefined || code === '') throw connectDeclined();
  const environment = environmentOf(link);
  const app = getApp(parts, environment);
  await requireActingKey(database.db, link, clock.now());
  const redirectUri = redirectUriOf(parts);
  const answer = await pinterest.of(environment).exchangeCode(app, { code, redirectUri });
  if (answer.kind === 'failed') {
    const { reason, message, remediation } = answer.failure;
    throw tokensRejected([{ path: 'code', code: reason, message: `${message} ${remediation}` }]);
  }
  const grant: Grant = {
    ...answer.value,
    actor: actorFromColumn(link.actor),
    organizationId: link.organization_id,
    environment,
    accountId: link.account_id,
    callerState: link.caller_state,
  };
  const user = await fetchUser(parts, grant);
  return database.transaction(async (tx) => {
    const now = clock.now();
    // Again, and locked: the key may have been revoked while Pinterest was asked.
    await requireActingKey(tx, link, now);
    return storeGrant(parts, tx, { grant, user, now });
  });
}

function failed(refusal: Refusal, link: ConnectLinkRow | undefined): Finished {
  const returnTo = link ? returnToOf(link, { error: refusal.declaration.reason }) : null;
  return { kind: 'failed', refusal, returnTo };
}

/** The return URL of a link with the outcome; null if it has none. */
export function returnToOf(
  link: Pick<ConnectLinkRow, 'return_url' | 'caller_state'>,
  outcome: Parameters<typeof withOutcome>[2],
): string | null {
  return link.return_url === null ? null : withOutcome(link.return_url, link.caller_state, outcome);
}

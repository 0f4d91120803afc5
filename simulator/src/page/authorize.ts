// The page where a person allows an app to act for an account, and its redirect back (docs/pinterest.md#oauth).
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { splitScopes } from '../api/oauth.ts';
import type { Clock } from '../ground/clock.ts';
import { allScopes } from '../http/auth.ts';
import { fingerprint } from '../store/ids.ts';
import type { Account, App } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import type { Switches } from '../store/switches.ts';
import { formOf, refuseForeignForm } from './forms.ts';
import { type Html, html } from './html.ts';
import { page, sendPage } from './layout.ts';
import { messagePage } from './pages.ts';

export interface AuthorizeParts extends Pick<Switches, 'settings'> {
  store: Store;
  clock: Clock;
}

interface AuthorizeRequest {
  app: App;
  redirectUri: string;
  scopes: string[];
  state: string | null;
}

export function addAuthorizePage(app: FastifyInstance, parts: AuthorizeParts): void {
  const show = async (request: FastifyRequest, reply: FastifyReply) => {
    const authorization = readRequest(parts, new URLSearchParams(request.url.split('?')[1] ?? ''));
    if (typeof authorization === 'string') return refuse(reply, authorization);
    return sendPage(reply, 200, authorizePage(parts, authorization), [
      new URL(authorization.redirectUri).origin,
    ]);
  };
  app.get('/oauth/', show);
  app.get('/oauth', show);

  app.post('/oauth/', async (request, reply) => {
    refuseForeignForm(request);
    const form = formOf(request);
    const authorization = readRequest(parts, form);
    if (typeof authorization === 'string') return refuse(reply, authorization);
    if (form.get('decision') !== 'allow') {
      return reply.redirect(backTo(authorization, { error: 'access_denied' }), 303);
    }
    const account = activeAccounts(parts).find(({ id }) => id === form.get('account'));
    if (account === undefined) return refuse(reply, 'Account not found.');
    return reply.redirect(backTo(authorization, { code: giveCode(parts, authorization, account) }), 303);
  });
}

/** Returns the request, or why it is refused without a redirect: the redirect address is not trusted then. */
function readRequest(parts: AuthorizeParts, query: URLSearchParams): AuthorizeRequest | string {
  // Pinterest's own samples still say consumer_id.
  const app = parts.store.rows.apps.get(query.get('client_id') ?? query.get('consumer_id') ?? '');
  if (app === undefined) return 'Unknown client_id. Register the app first.';
  const redirectUri = query.get('redirect_uri') ?? '';
  if (!app.redirectUris.includes(redirectUri)) {
    return 'The redirect_uri is not one of those registered for this app. It must match exactly.';
  }
  if (query.get('response_type') !== 'code') return 'The response_type must be code.';
  const scopes = splitScopes(query.get('scope') ?? '');
  if (scopes.length === 0) return 'The scope is missing.';
  const unknown = scopes.filter((scope) => !(allScopes as readonly string[]).includes(scope));
  if (unknown.length > 0) return `Unknown scopes: ${unknown.join(', ')}.`;
  return { app, redirectUri, scopes, state: query.get('state') };
}

function backTo(authorization: AuthorizeRequest, result: Record<string, string>): string {
  const url = new URL(authorization.redirectUri);
  for (const [name, value] of Object.entries(result)) url.searchParams.set(name, value);
  if (authorization.state !== null) url.searchParams.set('state', authorization.state);
  return url.href;
}

function giveCode(parts: AuthorizeParts, authorization: AuthorizeRequest, account: Account): string {
  const code = randomBytes(20).toString('hex');
  const expiresAt = new Date(parts.clock.nowMs() + parts.settings().tokens.codeSeconds * 1_000).toISOString();
  parts.store.commit({
    put: 'codes',
    row: {
      id: fingerprint(code),
      appId: authorization.app.id,
      username: account.username,
      redirectUri: authorization.redirectUri,
      scopes: authorization.scopes,
      expiresAt,
      usedAt: null,
    },
  });
  return code;
}

function activeAccounts({ store }: Pick<AuthorizeParts, 'store'>): Account[] {
  return [...store.rows.accounts.values()].filter(
    ({ state, environment }) => state === 'active' && environment === 'production',
  );
}

function authorizePage(parts: AuthorizeParts, authorization: AuthorizeRequest): Html {
  const accounts = activeAccounts(parts);
  const hidden = (name: string, value: string) => html`<input type="hidden" name="${name}" value="${value}">`;
  const body = html`<div class="box"><h1>Connect an account</h1>
<p><strong>${authorization.app.name}</strong> requests access to one of these accounts:</p>
<form method="post" action="/oauth/">
${hidden('client_id', authorization.app.id)}${hidden('redirect_uri', authorization.redirectUri)}${hidden('response_type', 'code')}
${hidden('scope', authorization.scopes.join(','))}${authorization.state === null ? null : hidden('state', authorization.state)}
${
  accounts.length === 0
    ? html`<p class="empty">No accounts yet. Seed one first.</p>`
    : html`<label>Account<select name="account">${accounts.map(({ id, username }) => html`<option value="${id}">${username}</option>`)}</select></label>`
}
<p class="meta">The app will be able to use:</p><ul>${authorization.scopes.map((scope) => html`<li><code>${scope}</code></li>`)}</ul>
<p class="row">${accounts.length === 0 ? null : html`<button name="decision" value="allow">Give access</button>`}
<button class="quiet" name="decision" value="decline">Decline</button></p></form></div>`;
  return page('Connect an account', body);
}

function refuse(reply: FastifyReply, reason: string): FastifyReply {
  return sendPage(reply, 400, messagePage('The account cannot be connected', reason));
}

// The page where a person lets an app act for an account, and what it sends back (docs/pinterest.md#oauth).

import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { splitScopes } from '../api/oauth.ts';
import { allScopes } from '../http/auth.ts';
import { fingerprint } from '../store/ids.ts';
import type { Account, App } from '../store/model.ts';
import type { World } from '../world.ts';
import { formOf, refuseForeignForm } from './forms.ts';
import { type Html, html } from './html.ts';
import { page, sendPage } from './layout.ts';
import { messagePage } from './pages.ts';

interface Asked {
  app: App;
  redirectUri: string;
  scopes: string[];
  state: string | null;
}

export function addAuthorizePage(app: FastifyInstance, world: World): void {
  const show = async (request: FastifyRequest, reply: FastifyReply) => {
    const asked = readAsked(world, new URLSearchParams(request.url.split('?')[1] ?? ''));
    if (typeof asked === 'string') return refuse(reply, asked);
    return sendPage(reply, 200, authorizePage(world, asked), [new URL(asked.redirectUri).origin]);
  };
  app.get('/oauth/', show);
  app.get('/oauth', show);

  app.post('/oauth/', async (request, reply) => {
    refuseForeignForm(request);
    const form = formOf(request);
    const asked = readAsked(world, form);
    if (typeof asked === 'string') return refuse(reply, asked);
    if (form.get('decision') !== 'allow') {
      return reply.redirect(backTo(asked, { error: 'access_denied' }), 303);
    }
    const account = activeAccounts(world).find(({ id }) => id === form.get('account'));
    if (account === undefined) return refuse(reply, 'There is no such account to choose.');
    return reply.redirect(backTo(asked, { code: giveCode(world, asked, account) }), 303);
  });
}

/** What was asked for, or why it is refused without going back: the address is not to be trusted then. */
function readAsked(world: World, query: URLSearchParams): Asked | string {
  // Pinterest's own samples still say consumer_id.
  const app = world.store.rows.apps.get(query.get('client_id') ?? query.get('consumer_id') ?? '');
  if (app === undefined) return 'The client_id is not that of a registered app.';
  const redirectUri = query.get('redirect_uri') ?? '';
  if (!app.redirectUris.includes(redirectUri)) {
    return 'The redirect_uri is not one of those registered for this app. It must be equal to the letter.';
  }
  if (query.get('response_type') !== 'code') return 'The response_type must be code.';
  const scopes = splitScopes(query.get('scope') ?? '');
  if (scopes.length === 0) return 'The scope is missing.';
  const unknown = scopes.filter((scope) => !(allScopes as readonly string[]).includes(scope));
  if (unknown.length > 0) return `Unknown scopes: ${unknown.join(', ')}.`;
  return { app, redirectUri, scopes, state: query.get('state') };
}

function backTo(asked: Asked, result: Record<string, string>): string {
  const url = new URL(asked.redirectUri);
  for (const [name, value] of Object.entries(result)) url.searchParams.set(name, value);
  if (asked.state !== null) url.searchParams.set('state', asked.state);
  return url.href;
}

function giveCode(world: World, asked: Asked, account: Account): string {
  const code = randomBytes(20).toString('hex');
  const expiresAt = new Date(world.clock.nowMs() + world.settings().tokens.codeSeconds * 1_000).toISOString();
  world.store.commit({
    put: 'codes',
    row: {
      id: fingerprint(code),
      appId: asked.app.id,
      username: account.username,
      redirectUri: asked.redirectUri,
      scopes: asked.scopes,
      expiresAt,
      usedAt: null,
    },
  });
  return code;
}

function activeAccounts(world: World): Account[] {
  return [...world.store.rows.accounts.values()].filter(
    ({ state, environment }) => state === 'active' && environment === 'production',
  );
}

function authorizePage(world: World, asked: Asked): Html {
  const accounts = activeAccounts(world);
  const hidden = (name: string, value: string) => html`<input type="hidden" name="${name}" value="${value}">`;
  const body = html`<div class="box"><h1>Connect an account</h1>
<p><strong>${asked.app.name}</strong> asks to act for one of these accounts:</p>
<form method="post" action="/oauth/">
${hidden('client_id', asked.app.id)}${hidden('redirect_uri', asked.redirectUri)}${hidden('response_type', 'code')}
${hidden('scope', asked.scopes.join(','))}${asked.state === null ? null : hidden('state', asked.state)}
${
  accounts.length === 0
    ? html`<p class="empty">There are no accounts yet. Seed one first.</p>`
    : html`<label>Account<select name="account">${accounts.map(({ id, username }) => html`<option value="${id}">${username}</option>`)}</select></label>`
}
<p class="meta">It may then:</p><ul>${asked.scopes.map((scope) => html`<li><code>${scope}</code></li>`)}</ul>
<p class="row">${accounts.length === 0 ? null : html`<button name="decision" value="allow">Give access</button>`}
<button class="quiet" name="decision" value="decline">Decline</button></p></form></div>`;
  return page('Connect an account', body);
}

function refuse(reply: FastifyReply, why: string): FastifyReply {
  return sendPage(reply, 400, messagePage('This cannot be connected', why));
}

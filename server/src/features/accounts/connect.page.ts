// The routes of the pages that the owner of an account sees. They need no key: the link and the state in their URLs are
// secrets of that person.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Refusal } from '../../platform/errors.ts';
import type { SystemPaths } from '../../platform/http/contract/index.ts';
import { createGate } from '../../platform/work/gate.ts';
import { connectPageRefusals } from './accounts.errors.ts';
import { connectedPage, consentPage, failurePage, wayBack } from './connect.pages.ts';
import type { AccountParts, PageParts } from './parts.ts';
import { callbackPath, connectPath, newSecret } from './use-cases/connect-by-consent.ts';
import { finishConnect, returnToOf } from './use-cases/finish-connect.ts';
import { goToConsent, lookUpLink, openConnectLink } from './use-cases/open-connect-link.ts';

/** A repeated parameter arrives as a list and counts as absent. */
const singleParameter = z.string().max(2000).optional().catch(undefined);
const CallbackQuery = z.object({ state: singleParameter, code: singleParameter });
const LinkPath = z.object({ link: z.string().meta({ description: 'The secret of the link.' }) });

const html = (description: string) => ({ description, type: 'text/html' });

export const connectPaths: SystemPaths = {
  [`${connectPath}/{link}`]: {
    operationId: 'showConnectPage',
    summary: 'The page that a connect link leads to',
    description:
      'Names the organization that asks, and leads to Pinterest after a click. For the browser of the account owner.',
    params: LinkPath,
    responses: {
      200: html('The page.'),
      400: html('The link was used, has expired or was withdrawn.'),
    },
  },
  [callbackPath]: {
    operationId: 'finishConnect',
    summary: 'Complete the connection of an account',
    description: 'Pinterest redirects the browser of the account owner to this page after the consent page.',
    query: z.object({
      state: z.string().optional().meta({ description: 'The secret of this connection.' }),
      code: z.string().optional().meta({ description: 'The authorization code from Pinterest.' }),
    }),
    responses: {
      200: html('The account is connected.'),
      303: { description: 'The account is connected; the browser returns to the `returnUrl` of the link.' },
      400: html('The account is not connected; the page says why.'),
    },
  },
};

/** Anybody can open the pages, so their look-ups use few connections of the database. */
const lookupsMax = 2;

/** Adds the pages to the HTTP server. */
export function registerConnectPages(app: FastifyInstance, accountParts: AccountParts): void {
  const parts = { ...accountParts, lookups: createGate(lookupsMax) };
  const path = `${connectPath}/:link`;
  app.get(path, (request, reply) => answerPage(parts, request, reply, showLink));
  app.get(callbackPath, (request, reply) => answerPage(parts, request, reply, showResult));
  // A form sends a type that no other route reads. This one has no fields.
  app.register(async (forms) => {
    forms.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 100 },
      (_request, _body, done) => done(null, undefined),
    );
    forms.post(path, (request, reply) => answerPage(parts, request, reply, followLink));
  });
}

type Page = (parts: PageParts, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** A refusal is a page with the way back to the caller's app. */
async function answerPage(
  parts: PageParts,
  request: FastifyRequest,
  reply: FastifyReply,
  show: Page,
): Promise<unknown> {
  // The URL contains a secret: it must not reach another site as the referrer, nor a cache.
  reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer');
  reply.type('text/html').header('content-security-policy', contentPolicy());
  try {
    return await show(parts, request, reply);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const link = await lookUpLink(parts, linkOf(request));
    const returnTo = link ? returnToOf(link, { error: error.declaration.reason }) : null;
    return reply.code(400).send(failurePage(sentencesOf(error), wayBack(returnTo)));
  }
}

async function showLink(parts: PageParts, request: FastifyRequest, reply: FastifyReply) {
  const opened = await openConnectLink(parts, linkOf(request));
  if (browserOf(parts, request) === undefined) setBrowser(parts, reply);
  reply.header('content-security-policy', contentPolicy(formTarget(opened.consentOrigin)));
  return reply.send(consentPage({ ...opened, back: wayBack(opened.link.return_url) }));
}

/**
 * The click. The cookie shows that this browser has seen our page: it is not sent with the form of another site, and
 * browsers that name the origin of a form must name ours.
 */
async function followLink(parts: PageParts, request: FastifyRequest, reply: FastifyReply) {
  const browser = browserOf(parts, request);
  const isOwn = [undefined, 'same-origin'].includes(request.headers['sec-fetch-site']?.toString());
  // Shows the page instead, which sets the cookie.
  if (browser === undefined || !isOwn) return showLink(parts, request, reply);
  return reply.redirect(await goToConsent(parts, { secret: linkOf(request), browser }), 303);
}

async function showResult(parts: PageParts, request: FastifyRequest, reply: FastifyReply) {
  const { state, code } = CallbackQuery.parse(request.query);
  const finished = await finishConnect(parts, { state, code, browser: browserOf(parts, request) });
  const { returnTo } = finished;
  if (finished.kind === 'failed') {
    return reply.code(400).send(failurePage(sentencesOf(finished.refusal), wayBack(returnTo)));
  }
  if (returnTo !== null) return reply.redirect(returnTo, 303);
  return reply.send(connectedPage(finished.account.username));
}

function linkOf(request: FastifyRequest): string {
  return (request.params as { link?: string }).link ?? '';
}

/** With the prefix, no other host of the domain can set the cookie. It needs https. */
function cookieNameOf({ publicUrl }: AccountParts): string {
  return publicUrl.startsWith('https:') ? '__Host-pintail_connect' : 'pintail_connect';
}

function setBrowser(parts: AccountParts, reply: FastifyReply): void {
  const name = cookieNameOf(parts);
  const secure = name.startsWith('__Host-') ? '; Secure' : '';
  reply.header('set-cookie', `${name}=${newSecret()}; Path=/; HttpOnly; SameSite=Lax${secure}`);
}

/** The secret of the browser, from its cookie. */
function browserOf(parts: AccountParts, request: FastifyRequest): string | undefined {
  const name = cookieNameOf(parts);
  for (const cookie of (request.headers.cookie ?? '').split(';')) {
    const [key, value = ''] = cookie.trim().split('=', 2);
    if (key === name && /^[\w-]{43}$/.test(value)) return value;
  }
  return undefined;
}

/** Pinterest may redirect to a host of the owner's country, and browsers apply the policy to redirects too. */
function formTarget(consentOrigin: string): string {
  return consentOrigin.startsWith('https:') ? 'https:' : consentOrigin;
}

/** @param target Where a form of the page may lead, besides our own server */
function contentPolicy(target = ''): string {
  return `default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' ${target}`.trim();
}

/** Other refusals are for developers; their reason is in the return URL. */
function sentencesOf({ declaration, details }: Refusal): string {
  if (!connectPageRefusals.some((refusal) => refusal.declaration === declaration)) {
    return 'The connection could not be completed. Ask for a new link, and try again in some minutes.';
  }
  const messages = details.map(({ message }) => message);
  return [`${declaration.message}.`, ...messages, declaration.fix ?? ''].join(' ').trim();
}

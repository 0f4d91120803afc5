// The page to which Pinterest sends the account's owner back after the consent page. It shows the result. It needs no
// key: the state in its URL is a secret of that person's browser.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { Refusal } from '../../platform/errors.ts';
import type { SystemPaths } from '../../platform/http/contract/index.ts';
import { createGate } from '../../platform/work/gate.ts';
import type { AccountParts } from './parts.ts';
import { callbackPath, finishConnect } from './use-cases/connect-by-consent.ts';

/** A repeated parameter arrives as a list and counts as absent. */
const singleParameter = z.string().max(2000).optional().catch(undefined);
const CallbackQuery = z.object({ state: singleParameter, code: singleParameter });

export const connectPaths: SystemPaths = {
  [callbackPath]: {
    operationId: 'finishConnect',
    summary: 'Complete the connection of an account',
    description: 'Pinterest redirects the browser of the account owner to this page after the consent page.',
    query: z.object({
      state: z.string().optional().meta({ description: 'The secret of this connection.' }),
      code: z.string().optional().meta({ description: 'The authorization code from Pinterest.' }),
    }),
    responses: {
      200: { description: 'The account is connected.', type: 'text/html' },
      400: { description: 'The account is not connected; the page says why.', type: 'text/html' },
    },
  },
};

/** Anybody can open the page, so its look-ups use few connections of the database. */
const lookupsMax = 2;

/** Adds the page to the HTTP server. */
export function registerConnectCallback(app: FastifyInstance, parts: AccountParts): void {
  const lookups = createGate(lookupsMax);
  app.get(callbackPath, async (request, reply) => {
    reply
      .type('text/html')
      .header('cache-control', 'no-store')
      .header('content-security-policy', contentPolicy);
    // The URL contains the code and the state: it must not reach another site as the referrer.
    reply.header('referrer-policy', 'no-referrer');
    const { state, code } = CallbackQuery.parse(request.query);
    try {
      const account = await finishConnect({ ...parts, lookups }, { state, code });
      return page('Connected', `${account.username} is connected. You can close this window.`);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { message, fix } = error.declaration;
      const details = error.details.map((detail) => detail.message);
      return reply.code(400).send(page('Not connected', [`${message}.`, ...details, fix ?? ''].join(' ')));
    }
  });
}

const contentPolicy = "default-src 'none'; style-src 'unsafe-inline'";

function page(title: string, text: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Pintail</title>
<style>body{font:1.1rem/1.5 system-ui;max-width:34rem;margin:15vh auto;padding:0 1rem}</style>
<h1>${title}</h1>
<p>${escapeHtml(text)}</p>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

// Where Pinterest sends a person back to: a small page that says what came of it. No key is needed, the state
// that comes along is known to nobody else.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { Refusal } from '../../platform/errors.ts';
import type { AccountsService } from './accounts.service.ts';
import { callbackPath } from './connect.ts';

/** A parameter given twice comes as a list; neither is believed then. */
const one = z.string().max(2000).optional().catch(undefined);
const Query = z.object({ state: one, code: one });

export function registerConnectCallback(app: FastifyInstance, accounts: AccountsService): void {
  app.get(callbackPath, async (request, reply) => {
    reply.type('text/html').header('cache-control', 'no-store').header('content-security-policy', policy);
    // The address holds the code and the state: it is nobody else's business where the person came from.
    reply.header('referrer-policy', 'no-referrer');
    const { state, code } = Query.parse(request.query);
    try {
      const account = await accounts.finishConnect({ state, code });
      return page('Connected', `${account.username} is connected. You may close this window.`);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { message, fix } = error.declaration;
      const details = error.details.map((detail) => detail.message);
      return reply.code(400).send(page('Not connected', [`${message}.`, ...details, fix ?? ''].join(' ')));
    }
  });
}

const policy = "default-src 'none'; style-src 'unsafe-inline'";

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

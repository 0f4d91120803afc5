// The frame of every page, and the headers that make a hostile title harmless.
import type { FastifyReply } from 'fastify';
import { type Html, html } from './html.ts';

export function page(title: string, body: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header class="top">
<a class="name" href="/"><span class="dot"></span>Pinterest simulator</a>
<span class="note">Nothing here reaches pinterest.com.</span>
<nav><a href="/">Boards</a><a href="/switches">Switches</a><a href="/samples/">Samples</a></nav>
</header>
<main>${body}</main>
</body>
</html>`;
}

/** Sends a page whose policy allows no scripts and no other hosts. `formTargets` are origins to which a form may redirect. */
export function sendPage(
  reply: FastifyReply,
  status: number,
  content: Html,
  formTargets: string[] = [],
): FastifyReply {
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    `form-action ${["'self'", ...formTargets].join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .header('content-security-policy', policy.join('; '))
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .header('cache-control', 'no-store')
    .send(content.html);
}

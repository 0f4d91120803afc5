// The body of a request that creates a post.
import type { Account } from '../fill.ts';
import type { Site } from '../site.ts';

const dayMs = 24 * 3600 * 1000;

export function accountOf(site: Site, number: number): Account {
  const account = site.accounts[number % site.accounts.length];
  if (!account) throw new Error('The site has no accounts.');
  return account;
}

/** Returns a post without media, due in some days. */
export function newPost(site: Site, accountNumber: number, index: number) {
  return {
    title: `Lemon tart no. ${index}`,
    description: 'Crisp, sour, done in an hour. The crust is blind-baked, the filling set with yolks alone.',
    url: `https://example.com/lemon-tart/${index}`,
    boardId: accountOf(site, accountNumber).boardId,
    sendAt: new Date(Date.now() + dayMs + (index % 100_000) * 1000).toISOString(),
  };
}

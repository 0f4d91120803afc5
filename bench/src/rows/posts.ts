// What rows send to create a post.
import type { Account } from '../fill.ts';
import type { Lab } from '../lab.ts';
import type { HttpTarget } from '../load.ts';
import type { Site } from '../site.ts';

const dayMs = 24 * 3600 * 1000;

export function accountOf(site: Site, number: number): Account {
  const account = site.accounts[number % site.accounts.length];
  if (!account) throw new Error('The site has no accounts.');
  return account;
}

/** A post that is complete but for its media, due in some days. */
export function newPost(site: Site, accountNumber: number, index: number) {
  return {
    title: `Lemon tart no. ${index}`,
    description: 'Crisp, sour, done in an hour. The crust is blind-baked, the filling set with yolks alone.',
    url: `https://example.com/lemon-tart/${index}`,
    boardId: accountOf(site, accountNumber).boardId,
    sendAt: new Date(Date.now() + dayMs + (index % 100_000) * 1000).toISOString(),
  };
}

export interface KnownMedia {
  fields: { mediaId: string } | { mediaUrl: string };
  notes: string[];
}

/** How a create names media that the server has already: by id, where it takes one. */
export async function knownMedia(lab: Lab, site: Site, client: HttpTarget): Promise<KnownMedia> {
  const { body } = await client.expect(200, 'GET', '/openapi.json');
  if (body.components.schemas.CreatePost.properties.mediaId) {
    return { fields: { mediaId: site.mediaId }, notes: [] };
  }
  return {
    fields: { mediaUrl: lab.pictures.known('usual') },
    notes: ['The server takes no mediaId: it fetched the 200 kB of the known picture each time.'],
  };
}

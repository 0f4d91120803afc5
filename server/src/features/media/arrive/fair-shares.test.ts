// Slow files of one organization do not delay those of another.
import type { ServerResponse } from 'node:http';
import { expect, test, vi } from 'vitest';
import { fetchMedia, harness, reasonOf, useMedia } from '../media.fixture.ts';
import { picture } from '../pictures/sample-pictures.fixture.ts';

useMedia();

test.each(['any', 'image'] as const)(
  '60 slow files of one organization, type %s, leave room for another',
  async (type) => {
    const jpeg = await picture().jpeg().toBuffer();
    const slow: ServerResponse[] = [];
    harness.serve((request, response) => {
      if (!request.url?.endsWith('?slow')) return void response.end(jpeg);
      response.writeHead(200, { 'content-length': '100000' }).write('x');
      slow.push(response);
    });
    const begun = Array.from({ length: 60 }, () =>
      reasonOf(fetchMedia({ url: `${harness.url}?slow`, declaredType: type })),
    );
    await vi.waitFor(() => expect(slow).toHaveLength(60));
    const organizationId = await harness.addOrganization();
    const media = await fetchMedia({ organizationId, declaredType: type });
    expect(media.content_type).toBe('image/jpeg');
    for (const response of slow) response.destroy();
    await Promise.all(begun);
  },
);

// Creating posts through the API, beside the least that could be done instead.
import { startBareServer } from '../bare/start.ts';
import { compare, comparedFigures } from '../compare.ts';
import type { Lab } from '../lab.ts';
import type { HttpTarget } from '../load.ts';
import { memoryMb } from '../processes.ts';
import { type Form, row } from '../row.ts';
import { openSite, type Site } from '../site.ts';
import { accountOf, knownMedia, newPost } from './posts.ts';

const connections = 32;
/** Fetching and decoding pictures: more at once only wait for each other. */
const picturesAtOnce = 8;

const memory = { label: 'server: memory at its highest', unit: 'MB' } as const;

export const create = row({
  name: 'create',
  what: `create a scheduled post whose media is known, ${connections} connections`,
  against: 'bare node:http and one prepared insert of the same row',
  figures: { ...comparedFigures({ ratio: 0.6, cpu: 1.2 }), memory },
  async run(lab, form) {
    const site = await openSite(lab, { accounts: 1 });
    const bare = await startBareServer(lab, site, connections);
    try {
      const server = await site.start('api');
      const client = site.client(server, connections);
      const media = await knownMedia(lab, site, client);
      const path = `/v1/accounts/${accountOf(site, 0).id}/posts`;
      const body = (index: number) => ({ ...newPost(site, 0, index), ...media.fields });
      const values = await compare({
        lab,
        concurrency: connections,
        server,
        bare,
        ours: (index) => client.expect(201, 'POST', path, body(index)),
        theirs: (index) => bare.client.expect(201, 'POST', '/insert', body(index)),
        form,
      });
      return { values: { ...values, memory: memoryMb(server.pid).peak }, notes: media.notes };
    } finally {
      await bare.stop();
      await site.close();
    }
  },
});

interface Comparison {
  ours(lab: Lab, site: Site, client: HttpTarget, index: number): Promise<unknown>;
  theirs(lab: Lab, site: Site, client: HttpTarget, index: number): Promise<unknown>;
}

async function comparePictures(lab: Lab, form: Form, { ours, theirs }: Comparison) {
  const site = await openSite(lab, { accounts: 1 });
  const bare = await startBareServer(lab, site, picturesAtOnce);
  try {
    const server = await site.start('api');
    const client = site.client(server, picturesAtOnce);
    const values = await compare({
      lab,
      concurrency: picturesAtOnce,
      server,
      bare,
      ours: (index) => ours(lab, site, client, index),
      theirs: (index) => theirs(lab, site, bare.client, index),
      form,
    });
    return { ...values, memory: memoryMb(server.pid).peak };
  } finally {
    await bare.stop();
    await site.close();
  }
}

/** A post whose picture must be fetched. @param act What the bare server does with it */
function withPicture(act: '/picture' | '/post-with-ingest'): Comparison {
  const body = (lab: Lab, site: Site, index: number) => ({
    ...newPost(site, 0, index),
    mediaUrl: lab.pictures.fresh('usual'),
  });
  return {
    ours: (lab, site, client, index) =>
      client.expect(201, 'POST', `/v1/accounts/${accountOf(site, 0).id}/posts`, body(lab, site, index)),
    theirs: (lab, site, client, index) => client.expect(201, 'POST', act, body(lab, site, index)),
  };
}

export const createWithPicture = row({
  name: 'picture',
  what: `create with media fetched from loopback, a JPEG of 200 kB, ${picturesAtOnce} at once`,
  against: 'bare undici, sharp metadata, file write, insert',
  figures: { ...comparedFigures({ ratio: 0.7 }), memory },
  run: async (lab, form) => ({
    values: await comparePictures(lab, form, withPicture('/picture')),
    notes: ['The bare server decodes no picture, makes no thumbnail and waits for no disk.'],
  }),
});

const sameSteps =
  'The bare server keeps connections to the site of the pictures, works in memory, lets all decode at once, and looks for no copy that is known already.';

export const createWithPictureInFull = row({
  name: 'picture-in-full',
  what: 'the same',
  against:
    'a bare server that does every step with the picture: digest, checks, decoding, thumbnail, placeholder, perceptual hash, both files and their folder flushed, two inserts',
  figures: { ...comparedFigures({ ratio: 0.7 }), memory },
  run: async (lab, form) => ({
    values: await comparePictures(lab, form, withPicture('/post-with-ingest')),
    notes: [sameSteps],
  }),
});

export const ingest = row({
  name: 'ingest',
  what: `media alone (POST /v1/media), a JPEG of 4 million pixels, 1 MB, from loopback, ${picturesAtOnce} at once`,
  against: 'bare sharp doing the same steps, as in picture-in-full, and one insert',
  figures: { ...comparedFigures({ ratio: 0.8 }), memory },
  run: async (lab, form) => ({
    values: await comparePictures(lab, form, {
      ours: (lab, _site, client) =>
        client.expect(201, 'POST', '/v1/media', { url: lab.pictures.fresh('large') }),
      theirs: (lab, _site, client) =>
        client.expect(201, 'POST', '/ingest', { url: lab.pictures.fresh('large') }),
    }),
    notes: [sameSteps],
  }),
});

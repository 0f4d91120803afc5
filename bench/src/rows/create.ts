// Creating posts through the API, compared with a minimal server.
import { startBareServer } from '../bare/start.ts';
import { type Compare, compare, comparedFigures } from '../compare.ts';
import type { Lab } from '../lab.ts';
import type { HttpTarget } from '../load.ts';
import { memoryMb } from '../processes.ts';
import { type Form, row } from '../row.ts';
import { openSite, type Site } from '../site.ts';
import { accountOf, newPost } from './posts.ts';

const connections = 32;
/** The concurrency for fetching and decoding images: more would only wait for each other. */
const pictureConcurrency = 8;

const memory = { label: 'server: memory at its highest', unit: 'MB' } as const;

interface Servers {
  site: Site;
  /** Clients of Pintail and of the bare server. */
  client: HttpTarget;
  bare: HttpTarget;
}

type Loads = Pick<Compare, 'ours' | 'theirs'>;

/** Starts both servers, and runs the loads of `loadsFor` on them alternately. */
async function compareServers(
  lab: Lab,
  form: Form,
  concurrency: number,
  loadsFor: (servers: Servers) => Loads,
) {
  const site = await openSite(lab, { accounts: 1 });
  const bare = await startBareServer(lab, site, concurrency);
  try {
    const server = await site.start('api');
    const client = site.client(server, concurrency);
    const loads = loadsFor({ site, client, bare: bare.client });
    const values = await compare({ lab, concurrency, server, bare, ...loads, form });
    return { ...values, memory: memoryMb(server.pid).peak };
  } finally {
    await bare.stop();
    await site.close();
  }
}

/** Creates posts with the media that `media` returns. @param act The path of the bare server */
function posting({ site, client, bare }: Servers, act: string, media: () => object): Loads {
  const path = `/v1/accounts/${accountOf(site, 0).id}/posts`;
  const body = (index: number) => ({ ...newPost(site, 0, index), ...media() });
  return {
    ours: (index) => client.expect(201, 'POST', path, body(index)),
    theirs: (index) => bare.expect(201, 'POST', act, body(index)),
  };
}

export const create = row({
  name: 'create',
  what: `create a scheduled post with stored media, ${connections} connections`,
  against: 'bare node:http and one prepared insert of the same row',
  figures: { ...comparedFigures({ cpu: 1.2 }), memory },
  run: async (lab, form) => ({
    values: await compareServers(lab, form, connections, (servers) =>
      posting(servers, '/insert', () => ({ mediaId: servers.site.mediaId })),
    ),
    notes: [],
  }),
});

function comparePictures(lab: Lab, form: Form, act: '/picture' | '/post-with-ingest') {
  return compareServers(lab, form, pictureConcurrency, (servers) =>
    posting(servers, act, () => ({ mediaUrl: lab.pictures.fresh('usual') })),
  );
}

export const createWithPicture = row({
  name: 'picture',
  what: `create with media fetched from loopback, a JPEG of 200 kB, ${pictureConcurrency} at once`,
  against: 'bare undici, sharp metadata, file write, insert',
  figures: { ...comparedFigures({}), memory },
  run: async (lab, form) => ({
    values: await comparePictures(lab, form, '/picture'),
    notes: ['The bare server does not decode the image, create a thumbnail or wait for the disk.'],
  }),
});

const sameSteps =
  'The bare server reuses connections to the image host, works in memory, decodes all images concurrently, and does not search for stored copies.';

export const createWithPictureInFull = row({
  name: 'picture-in-full',
  what: 'the same',
  against:
    'a bare server that does every step with the image: digest, checks, decoding, thumbnail, placeholder, perceptual hash, both files and their folder flushed, two inserts',
  figures: { ...comparedFigures({ ratio: 0.7 }), memory },
  run: async (lab, form) => ({
    values: await comparePictures(lab, form, '/post-with-ingest'),
    notes: [sameSteps],
  }),
});

export const ingest = row({
  name: 'ingest',
  what: `only media (POST /v1/media), a JPEG of 4 million pixels, 1 MB, from loopback, ${pictureConcurrency} at once`,
  against: 'bare sharp doing the same steps, as in picture-in-full, and one insert',
  figures: { ...comparedFigures({ ratio: 0.8 }), memory },
  run: async (lab, form) => ({
    values: await compareServers(lab, form, pictureConcurrency, ({ client, bare }) => {
      const body = () => ({ url: lab.pictures.fresh('large') });
      return {
        ours: () => client.expect(201, 'POST', '/v1/media', body()),
        theirs: () => bare.expect(201, 'POST', '/ingest', body()),
      };
    }),
    notes: [sameSteps],
  }),
});

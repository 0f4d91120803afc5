// Creating posts through the API, beside the least that could be done instead.
import { startBareServer } from '../bare/start.ts';
import { type Compare, compare, comparedFigures } from '../compare.ts';
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

interface Servers {
  site: Site;
  /** Of Pintail and of the bare server. */
  client: HttpTarget;
  bare: HttpTarget;
}

type Loads = Pick<Compare, 'ours' | 'theirs'>;

/** Starts both servers, and puts on them in turns what `loadsFor` says. */
async function compareServers(
  lab: Lab,
  form: Form,
  concurrency: number,
  loadsFor: (servers: Servers) => Loads | Promise<Loads>,
) {
  const site = await openSite(lab, { accounts: 1 });
  const bare = await startBareServer(lab, site, concurrency);
  try {
    const server = await site.start('api');
    const client = site.client(server, concurrency);
    const loads = await loadsFor({ site, client, bare: bare.client });
    const values = await compare({ lab, concurrency, server, bare, ...loads, form });
    return { ...values, memory: memoryMb(server.pid).peak };
  } finally {
    await bare.stop();
    await site.close();
  }
}

/** Posts that are complete but for their media. @param act What the bare server does with each */
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
  what: `create a scheduled post whose media is known, ${connections} connections`,
  against: 'bare node:http and one prepared insert of the same row',
  figures: { ...comparedFigures({ ratio: 0.6, cpu: 1.2 }), memory },
  async run(lab, form) {
    let notes: string[] = [];
    const values = await compareServers(lab, form, connections, async (servers) => {
      const media = await knownMedia(lab, servers.site, servers.client);
      notes = media.notes;
      return posting(servers, '/insert', () => media.fields);
    });
    return { values, notes };
  },
});

function comparePictures(lab: Lab, form: Form, act: '/picture' | '/post-with-ingest') {
  return compareServers(lab, form, picturesAtOnce, (servers) =>
    posting(servers, act, () => ({ mediaUrl: lab.pictures.fresh('usual') })),
  );
}

export const createWithPicture = row({
  name: 'picture',
  what: `create with media fetched from loopback, a JPEG of 200 kB, ${picturesAtOnce} at once`,
  against: 'bare undici, sharp metadata, file write, insert',
  figures: { ...comparedFigures({ ratio: 0.7 }), memory },
  run: async (lab, form) => ({
    values: await comparePictures(lab, form, '/picture'),
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
    values: await comparePictures(lab, form, '/post-with-ingest'),
    notes: [sameSteps],
  }),
});

export const ingest = row({
  name: 'ingest',
  what: `media alone (POST /v1/media), a JPEG of 4 million pixels, 1 MB, from loopback, ${picturesAtOnce} at once`,
  against: 'bare sharp doing the same steps, as in picture-in-full, and one insert',
  figures: { ...comparedFigures({ ratio: 0.8 }), memory },
  run: async (lab, form) => ({
    values: await compareServers(lab, form, picturesAtOnce, ({ client, bare }) => {
      const body = () => ({ url: lab.pictures.fresh('large') });
      return {
        ours: () => client.expect(201, 'POST', '/v1/media', body()),
        theirs: () => bare.expect(201, 'POST', '/ingest', body()),
      };
    }),
    notes: [sameSteps],
  }),
});

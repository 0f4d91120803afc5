// For tests: a simulator with the same seed before each test, and a client of it.
import { startSimulator } from '@pintail/simulator';
import sharp from 'sharp';
import { systemClock } from '../platform/clock.ts';
import { type CreatePinBody, createPinterest, type Pinterest } from './index.ts';
import { captureLog } from './test-server.fixture.ts';

export const token = 'pina_x';
export const app = { appId: 'app-standard', appSecret: 'standard-secret' };

export const redirectUri = 'https://pins.example/back';

export interface World {
  url: string;
  authorizeUrl: string;
  pinterest: Pinterest;
  accountId: string;
  boardId: string;
  sectionId: string;
  /** The simulator's control interface. */
  control<T>(path: string, body?: unknown): Promise<T>;
  /** A valid Pin, with these changes. */
  pin(change?: Partial<CreatePinBody>): CreatePinBody;
  /** Resets the simulator to one account with one board, and tokens of every kind. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

interface Seeded {
  accounts: { id: string; boards: { id: string; sections: { id: string }[] }[] }[];
}

const seed = {
  apps: ['standard', 'trial', 'pending'].map((level) => ({
    clientId: `app-${level}`,
    clientSecret: `${level}-secret`,
    level,
    redirectUris: [redirectUri],
  })),
  accounts: [
    {
      username: 'u',
      boards: [{ name: 'B', sections: [{ name: 'S' }] }],
      tokens: [
        { accessToken: token, refreshToken: 'pinr.x', app: 'app-standard' },
        { accessToken: 'pina_trial', app: 'app-trial' },
        { accessToken: 'pina_pending', app: 'app-pending' },
        { accessToken: 'pina_readonly', app: 'app-standard', scopes: ['boards:read', 'pins:read'] },
        { accessToken: 'pina_old', app: 'app-standard', expiresInSeconds: -1 },
      ],
    },
  ],
};

export async function startWorld(): Promise<World> {
  const simulator = await startSimulator({ port: 0 });
  const { apiUrl, url, authorizeUrl } = simulator;
  const pinterest = createPinterest({ apiUrl, clock: systemClock, log: captureLog().log });
  const picture = await pngOf(200, 300);
  const world: World = {
    url,
    authorizeUrl,
    pinterest,
    accountId: '',
    boardId: '',
    sectionId: '',
    async control<T>(path: string, body?: unknown) {
      const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
      const response = await fetch(`${url}/_control${path}`, init);
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as T;
    },
    pin: (change = {}) => ({
      boardId: world.boardId,
      title: 'A title',
      description: 'D',
      link: 'https://example.com/a',
      altText: 'A',
      source: { type: 'image_base64', contentType: 'image/png', bytes: picture },
      ...change,
    }),
    async reset() {
      await world.control('/reset', {});
      const [account] = (await world.control<Seeded>('/seed', seed)).accounts;
      const [board] = account?.boards ?? [];
      world.accountId = account?.id ?? '';
      world.boardId = board?.id ?? '';
      world.sectionId = board?.sections[0]?.id ?? '';
    },
    async close() {
      await pinterest.close();
      await simulator.close();
    },
  };
  return world;
}

export async function pngOf(width: number, height: number): Promise<Buffer> {
  const picture = sharp({ create: { width, height, channels: 3, background: '#884422' } });
  return picture.png().toBuffer();
}

// Every request that this client can make is one that Pinterest's own description allows.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Contract, hasContract, loadContract } from './contract.fixture.ts';
import { type CreatePinBody, createPinterest, type Pinterest } from './index.ts';
import {
  captureLog,
  createTestClock,
  type RawRequest,
  type RawServer,
  respond,
  startRawServer,
} from './test-server.fixture.ts';

const token = 'pina_token';
const app = { appId: '1234567', appSecret: 'app-secret' };
const dates = { startDate: '2026-02-01', endDate: '2026-02-28' };
const texts = { title: 'T', description: 'D', link: 'https://example.com/a?b=c' };
const pin = {
  boardId: '549755885175',
  boardSectionId: '549755885176',
  ...texts,
  altText: 'A',
  isStandard: true,
};
const png = { contentType: 'image/png', bytes: Buffer.from('hello') } as const;
const url = 'https://example.com/1.jpg';

const sources: [string, CreatePinBody['source']][] = [
  ['base64', { type: 'image_base64', ...png }],
  ['url', { type: 'image_url', url }],
  [
    'two of base64',
    {
      type: 'multiple_image_base64',
      items: [
        { ...png, ...texts },
        { ...png, title: null },
      ],
    },
  ],
  [
    'five urls',
    { type: 'multiple_image_urls', index: 0, items: [1, 2, 3, 4, 5].map(() => ({ url, ...texts })) },
  ],
  ['video, cover by url', { type: 'video_id', mediaId: '12', cover: { type: 'image_url', url } }],
  ['video, cover in base64', { type: 'video_id', mediaId: '12', cover: { type: 'image_base64', ...png } }],
  [
    'video, cover from a frame',
    { type: 'video_id', mediaId: '12', cover: { type: 'key_frame', seconds: 3 } },
  ],
];

const operations: [string, (pinterest: Pinterest) => Promise<unknown>][] = [
  ...sources.map(([name, source]): (typeof operations)[number] => [
    `createPin, ${name}`,
    (pinterest) => pinterest.createPin(token, { ...pin, source }),
  ]),
  [
    'createPin, as little as possible',
    (pinterest) =>
      pinterest.createPin(token, {
        boardId: '1',
        boardSectionId: null,
        title: null,
        description: null,
        link: null,
        altText: null,
        source: { type: 'image_url', url },
      }),
  ],
  [
    'createPin, simplified',
    (p) => p.createPin(token, { ...pin, isStandard: false, source: { type: 'image_url', url } }),
  ],
  ['getUserAccount', (p) => p.getUserAccount(token)],
  ['listBoards', (p) => p.listBoards(token)],
  ['getBoard', (p) => p.getBoard(token, '1')],
  ['createBoard', (p) => p.createBoard(token, { name: 'B', description: null, privacy: 'SECRET' })],
  ['updateBoard', (p) => p.updateBoard(token, '1', { name: 'C', privacy: 'PUBLIC' })],
  ['deleteBoard', (p) => p.deleteBoard(token, '1')],
  ['listBoardSections', (p) => p.listBoardSections(token, '1')],
  ['createBoardSection', (p) => p.createBoardSection(token, '1', 'S')],
  ['updateBoardSection', (p) => p.updateBoardSection(token, '1', '2', 'T')],
  ['deleteBoardSection', (p) => p.deleteBoardSection(token, '1', '2')],
  ['listBoardPins', (p) => p.listBoardPins(token, '1')],
  ['listBoardPins of a section', (p) => p.listBoardPins(token, '1', { sectionId: '2' })],
  ['listPins', (p) => p.listPins(token)],
  ['getPin', (p) => p.getPin(token, '1')],
  ['deletePin', (p) => p.deletePin(token, '1')],
  ['savePin', (p) => p.savePin(token, '1', { boardId: '2', boardSectionId: '3' })],
  ['registerMedia', (p) => p.registerMedia(token)],
  ['getMedia', (p) => p.getMedia(token, '1')],
  [
    'getPinAnalytics',
    (p) =>
      p.getPinAnalytics(token, '1', {
        ...dates,
        metricTypes: ['IMPRESSION', 'VIDEO_START'],
        appTypes: 'ALL',
        splitField: 'APP_TYPE',
      }),
  ],
  ['getAccountAnalytics', (p) => p.getAccountAnalytics(token, dates)],
  [
    'getAccountAnalytics, some',
    (p) => p.getAccountAnalytics(token, { ...dates, metricTypes: ['SAVE', 'PIN_CLICK'] }),
  ],
  ['exchangeCode', (p) => p.exchangeCode(app, { code: 'c', redirectUri: 'https://example.com/back' })],
  ['refreshTokens', (p) => p.refreshTokens(app, 'pinr.token')],
];

describe.skipIf(!hasContract)('requests follow the contract', () => {
  let contract: Contract;
  let server: RawServer;
  let pinterest: Pinterest;

  beforeAll(async () => {
    contract = await loadContract();
    server = await startRawServer(respond(200, { items: [{ id: '9' }], bookmark: 'next' }));
    pinterest = createPinterest({ apiUrl: server.apiUrl, clock: createTestClock(), log: captureLog().log });
  });

  afterAll(async () => {
    await pinterest.close();
    await server.close();
  });

  test.each(operations)('%s', async (_name, run) => {
    server.requests.length = 0;
    await run(pinterest);
    expect(server.requests.length).toBeGreaterThan(0);
    for (const request of server.requests) expect(contract.problemsOf(request)).toEqual([]);
  });

  test('every operation of the client was among them', () => {
    const tried = new Set(operations.map(([name]) => name.split(/[ ,]/)[0]));
    const all = Object.keys(pinterest).filter((name) => !['close', 'uploadMedia'].includes(name));
    expect([...tried].sort()).toEqual(all.sort());
  });

  const good: RawRequest = {
    method: 'POST',
    path: '/v5/pins',
    headers: { authorization: 'Bearer x', 'content-type': 'application/json' },
    body: JSON.stringify({ board_id: '1', media_source: { source_type: 'image_url', url } }),
  };
  const withBody = (body: unknown): RawRequest => ({ ...good, body: JSON.stringify(body) });
  const form = (body: string): RawRequest => ({
    method: 'POST',
    path: '/v5/oauth/token',
    headers: { authorization: 'Basic x', 'content-type': 'application/x-www-form-urlencoded' },
    body,
  });
  const source = { source_type: 'image_url', url };

  test('the judge is awake: a good request passes', () => {
    expect(contract.problemsOf(good)).toEqual([]);
    expect(
      contract.problemsOf(form('grant_type=refresh_token&refresh_token=x&continuous_refresh=true')),
    ).toEqual([]);
  });

  test.each<[string, RawRequest]>([
    ['no token', { ...good, headers: { 'content-type': 'application/json' } }],
    ['an unknown path', { ...good, path: '/v5/pin' }],
    ['a board id that is not digits', withBody({ board_id: 'abc', media_source: source })],
    ['a withdrawn field', withBody({ board_id: '1', note: 'x', media_source: source })],
    ['a title too long', withBody({ board_id: '1', title: 'x'.repeat(101), media_source: source })],
    [
      'a carousel of one',
      withBody({ board_id: '1', media_source: { source_type: 'multiple_image_urls', items: [{ url }] } }),
    ],
    [
      'a video without a cover',
      withBody({ board_id: '1', media_source: { source_type: 'video_id', media_id: '1' } }),
    ],
    [
      'a data: address',
      withBody({
        board_id: '1',
        media_source: { source_type: 'image_base64', content_type: 'image/png', data: 'data:x,y' },
      }),
    ],
    ['a page too large', { ...good, method: 'GET', path: '/v5/boards?page_size=251', body: '' }],
    [
      'analytics without metrics',
      {
        ...good,
        method: 'GET',
        path: '/v5/pins/1/analytics?start_date=2026-02-01&end_date=2026-02-02',
        body: '',
      },
    ],
    [
      'an unknown metric',
      {
        ...good,
        method: 'GET',
        path: '/v5/pins/1/analytics?start_date=2026-02-01&end_date=2026-02-02&metric_types=FAME',
        body: '',
      },
    ],
    ['a refresh without its token', form('grant_type=refresh_token')],
    ['an unknown field in a form', form('grant_type=refresh_token&refresh_token=x&evil=1')],
  ])('the judge is awake: %s is noticed', (_name, request) => {
    expect(contract.problemsOf(request)).not.toEqual([]);
  });
});

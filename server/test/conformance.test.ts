// Validates all uses of Pinterest against its own document: connect, list boards, publish, search for a lost Pin,
// refresh. An independent validator checks each request of the client and each response of the simulator.
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasContract } from '../src/pinterest/contract.fixture.ts';
import { createTestApp, type PinterestAccount, type TestApp } from './app.ts';
import { type ContractProxy, startContractProxy } from './contract-proxy.ts';

describe.skipIf(!hasContract)('conformance', () => {
  let proxy: ContractProxy;
  let app: TestApp;
  let account: PinterestAccount;

  beforeAll(async () => {
    app = await createTestApp({
      via: async (apiUrl) => {
        proxy = await startContractProxy(apiUrl);
        return proxy.apiUrl;
      },
    });
    account = await app.connectAccount();
  });
  afterAll(async () => {
    await app.stop();
    await proxy.close();
    console.log(
      `conformance: ${proxy.requests} requests and ${proxy.answers} answers checked, ${proxy.violations.length} violations`,
    );
  });

  const client = () => app.app.pinterest.of('simulator');
  const created = { kind: 'created', pin: { id: expect.stringMatching(/^\d+$/) } };
  const picture = () =>
    sharp({ create: { width: 600, height: 900, channels: 3, background: 'tan' } })
      .jpeg()
      .toBuffer();

  test('an image is published according to the contract, also when the first response is lost', async () => {
    const post = await app.createPost(account, { isSimplifiedPin: false });
    await app.faults([{ operation: 'pins/create', when: 'after', kind: 'status', status: 500, times: 1 }]);
    const worker = app.app.createWorker();
    app.clock.advance(60_000);
    await worker.runDue();
    app.clock.advance(10_000);
    await worker.runDue();
    expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent', attempts: 1 });
  });

  test('a carousel is published according to the contract', async () => {
    const item = { contentType: 'image/jpeg', bytes: await picture(), title: 'A slide' } as const;
    const outcome = await client().createPin(account.accessToken, {
      boardId: account.boards.Recipes ?? '',
      title: 'Three slides',
      source: { type: 'multiple_image_base64', items: [item, item, item] },
    });
    expect(outcome).toMatchObject({ ...created, pin: { mediaKind: 'carousel' } });
  });

  test.each(['own cover', 'a frame as cover'])(
    'a video with %s is published according to the contract',
    async (kind) => {
      const cover =
        kind === 'own cover'
          ? ({ type: 'image_base64', contentType: 'image/jpeg', bytes: await picture() } as const)
          : ({ type: 'key_frame', seconds: 1 } as const);
      const outcome = await client().createPin(account.accessToken, {
        boardId: account.boards.Recipes ?? '',
        title: `A video with ${kind}`,
        source: { type: 'video_id', mediaId: await uploadVideo(), cover },
      });
      expect(outcome).toMatchObject({ ...created, pin: { mediaKind: 'video' } });
    },
  );

  async function uploadVideo(): Promise<string> {
    const registered = await client().registerMedia(account.accessToken);
    if (registered.kind !== 'ok') throw new Error(registered.failure.message);
    // The beginning of an MP4 file; the simulator reads no more.
    const head = Buffer.from('000000186674797069736f6d0000020069736f6d6d703432', 'hex');
    const bytes = new Blob([head, Buffer.alloc(4096)]);
    const uploaded = await client().uploadMedia(registered.value, {
      bytes: bytes.stream(),
      sizeBytes: bytes.size,
    });
    expect(uploaded.kind).toBe('ok');
    app.clock.advance(10_000);
    const status = await client().getMedia(account.accessToken, registered.value.mediaId);
    expect(status).toMatchObject({ kind: 'ok', value: { status: 'succeeded' } });
    return registered.value.mediaId;
  }

  test('a thousand boards, with forty sections on one of them, are listed completely', async () => {
    const large = await app.connectAccount({
      boards: Array.from({ length: 1000 }, (_, index) => `Board ${index}`),
      sections: Array.from({ length: 40 }, (_, index) => `Section ${index}`),
    });
    const { boards } = (await app.call('GET', `/v1/accounts/${large.accountId}/boards`)).body.data;
    expect(new Set(boards.map((board: { id: string }) => board.id)).size).toBe(1000);
    const sections = await client().listBoardSections(large.accessToken, large.boards['Board 0'] ?? '');
    expect(sections.kind === 'ok' && new Set(sections.value.map((section) => section.name)).size).toBe(40);
  });

  test('refusals match Pinterest’s documentation', async () => {
    const pin = {
      boardId: '999',
      title: 'x',
      source: { type: 'image_base64', contentType: 'image/jpeg', bytes: await picture() },
    } as const;
    expect(await client().createPin(account.accessToken, pin)).toMatchObject({ kind: 'refused' });
    expect(await client().createPin('pina_nobody', pin)).toMatchObject({ kind: 'postponed' });
  });

  test('no request or response violates the contract', () => {
    expect(proxy.violations).toEqual([]);
    expect(proxy.requests).toBeGreaterThan(15);
    expect(proxy.answers).toBe(proxy.requests);
  });
});

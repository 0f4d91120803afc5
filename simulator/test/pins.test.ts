// Creating, reading, listing and deleting Pins (docs/pinterest.md#simulated-behavior, nos. 11, 13, 15, 17, 18).
import { describe, expect, test } from 'vitest';
import { base64Source, openTest, picture, seedDemo } from './harness.ts';

describe('a created Pin', () => {
  test('a created Pin is answered 201 with an id above 2^53, a zoneless created_at and the original image', async () => {
    const sim = await openTest({ now: () => new Date('2026-03-01T09:30:15.678Z') });
    const { boardId, sectionId } = await seedDemo(sim);
    const { status, body } = await sim.api('POST', '/pins', {
      body: {
        board_id: boardId,
        board_section_id: sectionId,
        title: 'Tomato salad',
        description: 'With basil',
        link: 'https://example.com/salad?a=1',
        alt_text: 'A plate',
        media_source: await base64Source({ width: 200, height: 300 }),
      },
    });
    expect(status).toBe(201);
    expect(BigInt(body.id)).toBeGreaterThan(BigInt(Number.MAX_SAFE_INTEGER));
    expect(String(Number(body.id))).not.toBe(body.id);
    expect(body.created_at).toBe('2026-03-01T09:30:15');
    expect(body).toMatchObject({
      board_id: boardId,
      board_section_id: sectionId,
      title: 'Tomato salad',
      description: 'With basil',
      link: 'https://example.com/salad?a=1',
      alt_text: 'A plate',
      board_owner: { username: 'pintail_demo' },
      creative_type: 'REGULAR',
      is_owner: true,
      is_standard: true,
    });
    expect(body.media.images.originals).toMatchObject({ width: 200, height: 300 });
    const [pin] = await sim.pins();
    expect(pin).toMatchObject({
      id: body.id,
      sourceType: 'image_base64',
      createdAt: '2026-03-01T09:30:15.678Z',
    });
    expect(pin.imageSha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('the same POST /pins sent twice creates two Pins', async () => {
    const sim = await openTest();
    const { boardId } = await seedDemo(sim);
    const body = { board_id: boardId, title: 'Same', media_source: await base64Source() };
    const [first, second] = [
      await sim.api('POST', '/pins', { body }),
      await sim.api('POST', '/pins', { body }),
    ];
    expect(first.body.id).not.toBe(second.body.id);
    expect(await sim.pins()).toHaveLength(2);
  });

  test('a Pin is returned by id and in the lists of its board, section and owner until it is deleted', async () => {
    const sim = await openTest();
    const { boardId, sectionId } = await seedDemo(sim);
    const source = await base64Source();
    const inSection = await sim.api('POST', '/pins', {
      body: { board_id: boardId, board_section_id: sectionId, media_source: source },
    });
    const onBoard = await sim.api('POST', '/pins', { body: { board_id: boardId, media_source: source } });
    const idsOf = async (path: string) =>
      (await sim.api('GET', path)).body.items.map((item: { id: string }) => item.id);

    const both = [onBoard.body.id, inSection.body.id];
    expect(await idsOf(`/boards/${boardId}/pins`)).toEqual(both);
    expect(await idsOf('/pins')).toEqual(both);
    expect(await idsOf(`/boards/${boardId}/sections/${sectionId}/pins`)).toEqual([inSection.body.id]);
    expect((await sim.api('GET', `/pins/${onBoard.body.id}`)).body.id).toBe(onBoard.body.id);

    expect((await sim.api('DELETE', `/pins/${onBoard.body.id}`)).status).toBe(204);
    expect(await idsOf('/pins')).toEqual([inSection.body.id]);
    const gone = await sim.api('GET', `/pins/${onBoard.body.id}`);
    expect([gone.status, gone.body.code]).toEqual([404, 50]);
    expect(await sim.pins()).toHaveLength(1);
    expect((await sim.control('GET', '/pins?includeDeleted=true')).pins).toHaveLength(2);
  });

  test('a Pin can be a carousel of two to five images, by base64 and by URL', async () => {
    const sim = await openTest();
    const { boardId } = await seedDemo(sim);
    const item = { content_type: 'image/png', data: await picture({ format: 'png' }), title: 'Slide' };
    const fromBytes = await sim.api('POST', '/pins', {
      body: {
        board_id: boardId,
        media_source: { source_type: 'multiple_image_base64', items: [item, item] },
      },
    });
    expect(fromBytes.status).toBe(201);
    expect(fromBytes.body).toMatchObject({
      creative_type: 'CAROUSEL',
      media: { media_type: 'multiple_images' },
    });
    expect(fromBytes.body.media.items[1].title).toBe('Slide');

    const urls = ['recipe', 'garden'].map((name) => ({ url: `${sim.simulator.url}/samples/${name}.jpg` }));
    const fromUrls = await sim.api('POST', '/pins', {
      body: { board_id: boardId, media_source: { source_type: 'multiple_image_urls', items: urls } },
    });
    expect(fromUrls.body.media.items).toHaveLength(2);

    const six = Array.from({ length: 6 }, () => item);
    const tooMany = await sim.api('POST', '/pins', {
      body: { board_id: boardId, media_source: { source_type: 'multiple_image_base64', items: six } },
    });
    expect([tooMany.status, tooMany.body.code]).toEqual([400, 1]);
    expect(tooMany.body.message).toContain('constraint: maxItems=5');
  });

  test('a product Pin is created with a link and refused without one', async () => {
    const sim = await openTest();
    const { boardId } = await seedDemo(sim);
    const media_source = { source_type: 'pin_url' };
    const made = await sim.api('POST', '/pins', {
      body: { board_id: boardId, link: 'https://example.com/p', media_source },
    });
    expect([made.status, made.body.creative_type]).toEqual([201, 'SHOPPING']);
    const bare = await sim.api('POST', '/pins', { body: { board_id: boardId, media_source } });
    expect(bare.status).toBe(400);
  });
});

describe('a body that violates the contract is refused with 400, code 1, and creates no Pin', () => {
  const cases: [string, (source: object) => unknown][] = [
    ['a board id that is not digits', (media_source) => ({ board_id: 'abc', media_source })],
    ['a board id that is a number', (media_source) => ({ board_id: 12, media_source })],
    ['no board id', (media_source) => ({ media_source })],
    ['no media source', () => ({ board_id: '1' })],
    [
      'a title of 101 characters',
      (media_source) => ({ board_id: '1', title: 'a'.repeat(101), media_source }),
    ],
    [
      'a description of 801 characters',
      (media_source) => ({ board_id: '1', description: 'a'.repeat(801), media_source }),
    ],
    [
      'an alt text of 501 characters',
      (media_source) => ({ board_id: '1', alt_text: 'a'.repeat(501), media_source }),
    ],
    [
      'a link of 2049 characters',
      (media_source) => ({ board_id: '1', link: `https://example.com/${'a'.repeat(2029)}`, media_source }),
    ],
    ['a link that is not a URL', (media_source) => ({ board_id: '1', link: 'not a link', media_source })],
    ['a script as link', (media_source) => ({ board_id: '1', link: 'javascript:alert(1)', media_source })],
    ['the withdrawn field note', (media_source) => ({ board_id: '1', note: 'x', media_source })],
    ['an unknown source', () => ({ board_id: '1', media_source: { source_type: 'telepathy' } })],
    [
      'a gif as base64',
      () => ({
        board_id: '1',
        media_source: { source_type: 'image_base64', content_type: 'image/gif', data: 'R0lG' },
      }),
    ],
    [
      'base64 with a data: prefix',
      () => ({
        board_id: '1',
        media_source: {
          source_type: 'image_base64',
          content_type: 'image/png',
          data: 'data:image/png;base64,R0lG',
        },
      }),
    ],
    [
      'a video without a cover',
      () => ({ board_id: '1', media_source: { source_type: 'video_id', media_id: '5' } }),
    ],
    ['a list instead of an object', () => []],
    ['null', () => null],
  ];

  test.each(cases)('%s', async (_name, bodyFrom) => {
    const sim = await openTest();
    const { boardId } = await seedDemo(sim);
    const input = bodyFrom(await base64Source());
    const hasPlaceholder = (value: unknown): value is { board_id: string } =>
      typeof value === 'object' && value !== null && 'board_id' in value && value.board_id === '1';
    const body = hasPlaceholder(input) ? { ...input, board_id: boardId } : input;
    const { status, body: error } = await sim.api('POST', '/pins', { body });
    expect([status, error.code]).toEqual([400, 1]);
    expect(error.message).toMatch(/^Invalid request/);
    expect(await sim.pins()).toEqual([]);
  });

  test('the message names the pattern when a board id is not digits', async () => {
    const sim = await openTest();
    await seedDemo(sim);
    const body = { board_id: 'abc', media_source: await base64Source() };
    expect((await sim.api('POST', '/pins', { body })).body.message).toContain('^\\d+$');
  });
});

describe('the board and section of a Pin', () => {
  test('an unknown board, or another account’s, is 404 code 40; an unknown section 404 code 2031', async () => {
    const sim = await openTest();
    const { boardId } = await seedDemo(sim);
    const other = await sim.control('POST', '/seed', {
      accounts: [{ username: 'other', boards: [{ name: 'Theirs', sections: [{ name: 'S' }] }] }],
    });
    const [theirs] = other.accounts[0].boards;
    const media_source = await base64Source();
    const codeFor = async (place: object) => {
      const { status, body } = await sim.api('POST', '/pins', { body: { ...place, media_source } });
      return [status, body.code];
    };
    expect(await codeFor({ board_id: '123456' })).toEqual([404, 40]);
    expect(await codeFor({ board_id: theirs.id })).toEqual([404, 40]);
    expect(await codeFor({ board_id: boardId, board_section_id: theirs.sections[0].id })).toEqual([
      404, 2031,
    ]);
    expect(await sim.pins()).toEqual([]);
  });

  test('a secret board is neither listed nor writable without the secret scopes', async () => {
    const sim = await openTest();
    const scopes = ['boards:read', 'boards:write', 'pins:read', 'pins:write'];
    const { boardId } = await seedDemo(sim, {
      boards: [{ name: 'Hidden', privacy: 'SECRET' }],
      tokens: [{ accessToken: 'pina_demo' }, { accessToken: 'pina_plain', scopes }],
    });
    const token = 'pina_plain';
    const body = { board_id: boardId, media_source: await base64Source() };
    expect((await sim.api('GET', '/boards', { token })).body.items).toEqual([]);
    expect((await sim.api('POST', '/pins', { token, body })).body.code).toBe(40);
    expect((await sim.api('GET', '/boards')).body.items).toHaveLength(1);
    const { body: pin } = await sim.api('POST', '/pins', { body });
    expect((await sim.api('GET', `/pins/${pin.id}`, { token })).body.code).toBe(50);
    expect((await sim.api('GET', '/pins', { token })).body.items).toEqual([]);
  });
});

describe('images are inspected', () => {
  test.each([
    ['base64 that is not an image', { content_type: 'image/png', data: 'AAAA' }, 235],
    ['base64 that is cut off', { content_type: 'image/png', data: 'AAA' }, 235],
    ['a JPEG that says it is a PNG', { content_type: 'image/png', data: 'jpeg' }, 235],
    ['a picture that breaks off in the middle', { content_type: 'image/jpeg', data: 'half' }, 235],
    ['a picture of 99 points width', { content_type: 'image/jpeg', data: 'small' }, 233],
  ])('%s is refused with 403', async (_name, source, code) => {
    const sim = await openTest();
    const { boardId } = await seedDemo(sim);
    const whole = await picture({ width: 400, height: 600 });
    const half = Buffer.from(whole, 'base64');
    const data =
      {
        jpeg: whole,
        small: await picture({ width: 99 }),
        half: half.subarray(0, half.length / 2).toString('base64'),
      }[source.data] ?? source.data;
    const media_source = { source_type: 'image_base64', ...source, data };
    const { status, body } = await sim.api('POST', '/pins', { body: { board_id: boardId, media_source } });
    expect([status, body.code]).toEqual([403, code]);
    expect(await sim.pins()).toEqual([]);
  });

  test('a body above the size limit is 413', async () => {
    const sim = await openTest();
    const { boardId } = await seedDemo(sim);
    await sim.settings({ bodyBytesMax: 1_000 });
    const media_source = { source_type: 'image_base64', content_type: 'image/png', data: 'A'.repeat(2_000) };
    const { status } = await sim.api('POST', '/pins', { body: { board_id: boardId, media_source } });
    expect(status).toBe(413);
    expect(await sim.pins()).toEqual([]);
  });
});

// Writing boards, sections and Pins (docs/pinterest.md#simulated-behavior, nos. 9, 18).
import { describe, expect, test } from 'vitest';
import { base64Source, openTest, seedDemo } from './harness.ts';

describe('boards', () => {
  test('boards are created, updated and deleted with their Pins', async () => {
    const sim = await openTest();
    await seedDemo(sim);
    const made = await sim.api('POST', '/boards', {
      body: { name: 'Travel', description: 'Far', privacy: 'SECRET' },
    });
    expect([made.status, made.body.privacy]).toEqual([201, 'SECRET']);
    const path = `/boards/${made.body.id}`;
    const changed = await sim.api('PATCH', path, { body: { name: 'Journeys', privacy: 'PUBLIC' } });
    expect(changed.body).toMatchObject({ name: 'Journeys', description: 'Far', privacy: 'PUBLIC' });
    await sim.api('POST', '/pins', { body: { board_id: made.body.id, media_source: await base64Source() } });
    expect((await sim.api('DELETE', path)).status).toBe(204);
    expect((await sim.api('GET', path)).body.code).toBe(40);
    expect(await sim.pins()).toEqual([]);
  });

  test('a board name that is already used is 400 code 58', async () => {
    const sim = await openTest();
    await seedDemo(sim);
    const { status, body } = await sim.api('POST', '/boards', { body: { name: ' recipes ' } });
    expect([status, body.code]).toEqual([400, 58]);
    expect(body.message).toContain('Try a different name');
  });

  test.each([
    {},
    { name: '' },
    { name: 'a'.repeat(51) },
    { name: 'a', privacy: 'HIDDEN' },
    { name: 'a', colour: 'red' },
  ])('are refused as %j', async (given) => {
    const sim = await openTest();
    await seedDemo(sim);
    const { status, body } = await sim.api('POST', '/boards', { body: given });
    expect([status, body.code]).toEqual([400, 1]);
  });

  test('secret boards require the secret scope', async () => {
    const sim = await openTest();
    await seedDemo(sim, { tokens: [{ accessToken: 'pina_demo', scopes: ['boards:read', 'boards:write'] }] });
    const { status, body } = await sim.api('POST', '/boards', { body: { name: 'S', privacy: 'SECRET' } });
    expect([status, body.code]).toEqual([401, 3]);
  });
});

describe('sections', () => {
  test('sections are created, renamed and deleted; their Pins remain on the board', async () => {
    const sim = await openTest();
    const { boardId } = await seedDemo(sim);
    const { status, body: section } = await sim.api('POST', `/boards/${boardId}/sections`, {
      body: { name: 'Soups' },
    });
    expect(status).toBe(201);
    const path = `/boards/${boardId}/sections/${section.id}`;
    expect((await sim.api('PATCH', path, { body: { name: 'Stews' } })).body.name).toBe('Stews');
    await sim.api('POST', '/pins', {
      body: { board_id: boardId, board_section_id: section.id, media_source: await base64Source() },
    });
    expect((await sim.api('DELETE', path)).status).toBe(204);
    expect((await sim.api('GET', `${path}/pins`)).body.code).toBe(2031);
    expect((await sim.api('GET', `/boards/${boardId}/pins`)).body.items).toMatchObject([
      { board_section_id: null },
    ]);
  });

  test('a section that is busy is 409, and no section is created', async () => {
    const sim = await openTest();
    const { boardId } = await seedDemo(sim);
    await sim.faults({ operation: 'board_sections/create', kind: 'status', status: 409, code: 409 });
    const { status, body } = await sim.api('POST', `/boards/${boardId}/sections`, {
      body: { name: 'Soups' },
    });
    expect([status, body.code]).toEqual([409, 409]);
    expect((await sim.api('GET', `/boards/${boardId}/sections`)).body.items).toHaveLength(1);
  });
});

describe('Pins', () => {
  test('a Pin is updated field by field: absent fields remain, null clears', async () => {
    const sim = await openTest();
    const { boardId, sectionId } = await seedDemo(sim);
    const media_source = await base64Source();
    const { body: pin } = await sim.api('POST', '/pins', {
      body: {
        board_id: boardId,
        title: 'Old',
        description: 'Kept',
        link: 'https://example.com/',
        media_source,
      },
    });
    const { status, body } = await sim.api('PATCH', `/pins/${pin.id}`, {
      body: { title: 'New', link: null, board_section_id: sectionId },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      title: 'New',
      description: 'Kept',
      link: null,
      board_section_id: sectionId,
    });
  });

  test('a Pin saved to another board becomes a new Pin', async () => {
    const sim = await openTest();
    const { boardId } = await seedDemo(sim);
    const { body: other } = await sim.api('POST', '/boards', { body: { name: 'Other' } });
    const { body: pin } = await sim.api('POST', '/pins', {
      body: { board_id: boardId, title: 'Mine', media_source: await base64Source() },
    });
    const saved = await sim.api('POST', `/pins/${pin.id}/save`, { body: { board_id: other.id } });
    expect(saved.status).toBe(201);
    expect(saved.body).toMatchObject({ board_id: other.id, parent_pin_id: pin.id, title: 'Mine' });
    expect((await sim.api('POST', '/pins/12345/save', { body: { board_id: other.id } })).body.code).toBe(50);
  });
});

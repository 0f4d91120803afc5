// Every operation's response, validated against Pinterest's own document by an independent validator.
// (The other tests validate theirs too.)
import { describe, expect, test } from 'vitest';
import { operationIds, uploadOperation } from '../src/api/operations.ts';
import { base64Source, contract, openTest, picture, seedDemo } from './harness.ts';

describe.skipIf(contract === null)('with the contract', () => {
  test('the simulator has exactly the operations of the document', () => {
    const known = [...operationIds].filter((id) => id !== uploadOperation).sort();
    expect(known).toEqual([...(contract?.operationIds ?? [])].sort());
  });

  test('the contract check reports a response that violates the contract', () => {
    const problems = (status: number, body: unknown) =>
      contract?.problems({ method: 'GET', path: '/pins/5', status, body }) ?? [];
    expect(problems(200, { id: '5', title: null, media: { media_type: 'image' } })).toEqual([]);
    expect(problems(200, { id: 5 })).not.toEqual([]);
    expect(problems(200, {})).not.toEqual([]);
    expect(problems(200, { id: '5', media: { media_type: 'hologram' } })).not.toEqual([]);
    expect(problems(200, { id: '5', created_at: 'yesterday' })).not.toEqual([]);
    expect(problems(404, { message: 'no code' })).not.toEqual([]);
    expect(contract?.problems({ method: 'DELETE', path: '/pins/5', status: 204, body: {} })).not.toEqual([]);
  });

  test('each operation answers a valid request as documented', async () => {
    const sim = await openTest({ now: () => new Date('2026-03-11T12:00:00Z') });
    const redirectUri = 'http://127.0.0.1:9/cb';
    await sim.control('POST', '/seed', {
      apps: [
        { clientId: 'one', clientSecret: 's', redirectUris: [redirectUri], ownerUsername: 'pintail_demo' },
      ],
    });
    const { boardId, sectionId, accountId } = await seedDemo(sim, {
      tokens: [{ accessToken: 'pina_demo', refreshToken: 'pinr_demo', app: 'one' }],
    });
    const seen = new Set<string>();
    const call = async (id: string, method: string, path: string, options: object = {}) => {
      const answer = await sim.api(method, path, options);
      expect([id, answer.status]).toEqual([id, expect.toSatisfy((status: number) => status < 300)]);
      seen.add(id);
      return answer.body;
    };
    const headers = { authorization: `Basic ${Buffer.from('one:s').toString('base64')}` };
    const token = (form: Record<string, string>) =>
      call('oauth/token', 'POST', '/oauth/token', { token: null, headers, body: new URLSearchParams(form) });
    const range = 'start_date=2026-03-01&end_date=2026-03-11';

    await token({ grant_type: 'refresh_token', refresh_token: 'pinr_demo' });
    await token({ grant_type: 'client_credentials', scope: 'boards:read' });
    await call('user_account/get', 'GET', '/user_account');
    const board = await call('boards/create', 'POST', '/boards', { body: { name: 'New' } });
    await call('boards/update', 'PATCH', `/boards/${board.id}`, { body: { description: 'Newer' } });
    await call('boards/list', 'GET', '/boards');
    await call('boards/get', 'GET', `/boards/${board.id}`);
    const sections = `/boards/${board.id}/sections`;
    const section = await call('board_sections/create', 'POST', sections, { body: { name: 'S' } });
    await call('board_sections/update', 'PATCH', `${sections}/${section.id}`, { body: { name: 'T' } });
    await call('board_sections/list', 'GET', sections);
    await call('board_sections/delete', 'DELETE', `${sections}/${section.id}`);
    await call('boards/delete', 'DELETE', `/boards/${board.id}`);

    const item = { content_type: 'image/png', data: await picture({ format: 'png' }), title: 'A slide' };
    const sources: object[] = [
      await base64Source(),
      { source_type: 'image_url', url: `${sim.simulator.url}/samples/garden.png` },
      { source_type: 'multiple_image_base64', items: [item, item] },
    ];
    const pins = [];
    for (const media_source of sources) {
      const body = { board_id: boardId, board_section_id: sectionId, title: 'T', media_source };
      pins.push(await call('pins/create', 'POST', '/pins', { body }));
    }
    const [pin] = pins;
    await call('pins/get', 'GET', `/pins/${pin.id}?pin_metrics=true`);
    await call('pins/list', 'GET', '/pins?page_size=2');
    await call('boards/list_pins', 'GET', `/boards/${boardId}/pins`);
    await call('board_sections/list_pins', 'GET', `/boards/${boardId}/sections/${sectionId}/pins`);
    await call('pins/update', 'PATCH', `/pins/${pin.id}`, { body: { title: null } });
    await call('pins/save', 'POST', `/pins/${pin.id}/save`, { body: { board_id: boardId } });
    await call(
      'pins/analytics',
      'GET',
      `/pins/${pin.id}/analytics?${range}&metric_types=IMPRESSION,SAVE_RATE`,
    );
    await call('multi_pins/analytics', 'GET', `/pins/analytics?pin_ids=${pin.id}&${range}&metric_types=SAVE`);
    await call('user_account/analytics', 'GET', `/user_account/analytics?${range}`);
    const top = '/user_account/analytics/top_';
    await call('user_account/analytics/top_pins', 'GET', `${top}pins?${range}&sort_by=SAVE`);
    await call('user_account/analytics/top_video_pins', 'GET', `${top}video_pins?${range}&sort_by=SAVE`);
    await call('pins/delete', 'DELETE', `/pins/${pin.id}`);
    const media = await call('media/create', 'POST', '/media', { body: { media_type: 'video' } });
    await call('media/list', 'GET', '/media');
    await call('media/get', 'GET', `/media/${media.media_id}`);

    // The API cannot revoke ordinary tokens, so this operation has no successful response.
    const rest = (contract?.operationIds ?? []).filter((id) => !seen.has(id));
    expect(rest).toEqual(['token/revoke']);
    const made = await sim.requests('pins/create');
    expect(made.every((entry) => entry.accountId === accountId && entry.status === 201)).toBe(true);
  });
});

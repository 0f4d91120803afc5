// Sections of boards over HTTP: each change is created on Pinterest.
import { expect, test } from 'vitest';
import { account, app } from '../../../../test/use-app.ts';
import { named, onPinterest, path, recipes, useBoards } from '../boards.fixture.ts';

useBoards();

const sections = async (query = '') => (await app.call('GET', `${recipes()}/sections${query}`)).body.data;

test('sections are listed, created and deleted on Pinterest', async () => {
  expect(await sections()).toEqual({ sections: [{ id: expect.stringMatching(/^\d+$/), name: 'Soups' }] });
  const created = await app.call('POST', `${recipes()}/sections`, { name: 'Breads' });
  expect(created.status).toBe(201);
  expect((await sections()).sections).toMatchObject([{ name: 'Soups' }, created.body.data.section]);
  expect(await named('Recipes')).toMatchObject({ sectionCount: 2 });
  const id = created.body.data.section.id;
  const deleted = await app.call('DELETE', `${recipes()}/sections/${id}`);
  expect(deleted.body.data).toEqual({ deleted: true, id });
  expect(await sections()).toMatchObject({ sections: [{ name: 'Soups' }] });
  expect(await onPinterest(`/${account.boards.Recipes}/sections`)).toMatchObject([{ name: 'Soups' }]);
  expect((await app.call('DELETE', `${recipes()}/sections/${id}`)).status).toBe(404);
});

test('sections are stored for ten minutes; during an outage the stored ones are returned with a warning', async () => {
  await sections();
  await app.faults([{ operation: 'board_sections/list', kind: 'status', status: 503, times: 0 }]);
  expect((await sections()).sections).toHaveLength(1);
  const stale = await app.call('GET', `${recipes()}/sections?refresh=true`);
  expect(stale.body.meta.warnings).toMatchObject([{ code: 'sections_not_refreshed' }]);
  const never = await app.call('GET', `${path}/${account.boards.Garden}/sections`);
  expect([never.status, never.body.error.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
});

test('a section with queued posts is deleted only with confirmation', async () => {
  const [section] = (await sections()).sections;
  const post = await app.createPost(account);
  await app.database.db
    .updateTable('posts')
    .set({ board_section_id: section.id })
    .where('id', '=', post.id)
    .execute();
  const refused = await app.call('DELETE', `${recipes()}/sections/${section.id}`);
  expect([refused.status, refused.body.error.details[0].code]).toEqual([409, 'section_in_use']);
  expect((await sections()).sections).toHaveLength(1);
  const confirmed = await app.call('DELETE', `${recipes()}/sections/${section.id}?confirm=true`);
  expect(confirmed.status).toBe(200);
  expect(confirmed.body.meta.warnings).toMatchObject([{ code: 'queued_posts_without_section' }]);
});

// Whether Pins can be sent to a board or a section, as the rooms that store posts ask it.
import { afterEach, beforeAll, expect, test } from 'vitest';
import { account, app, useApp } from '../../../test/use-app.ts';
import { Outage } from '../../platform/errors.ts';
import { getAccountForWork } from '../accounts/index.ts';

useApp({ accountPer: 'file', sections: ['Soups', 'Sweets'] });

let sections: Record<string, string>;

beforeAll(async () => {
  const listed = await app.call(
    'GET',
    `/v1/accounts/${account.accountId}/boards/${account.boards.Recipes}/sections`,
  );
  sections = Object.fromEntries(
    listed.body.data.sections.map(({ id, name }: { id: string; name: string }) => [name, id]),
  );
});
afterEach(() => app.clearFaults());

const row = (id = account.accountId) => getAccountForWork(app.database.db, id);
const recipes = () => account.boards.Recipes ?? '';

async function sectionReads(): Promise<number> {
  const { requests } = (await app.control('GET', '/requests')) as { requests: { operation: string }[] };
  return requests.filter((request) => request.operation === 'board_sections/list').length;
}

test('a section of the board is fine, and is not asked for twice', async () => {
  const before = await sectionReads();
  expect(await app.app.boards.checkSection(await row(), recipes(), sections.Soups ?? '')).toBe(null);
  expect(await sectionReads()).toBe(before);
});

test('an unknown section is looked for on Pinterest once, and named under the field that was given', async () => {
  const before = await sectionReads();
  expect(await app.app.boards.checkSection(await row(), recipes(), '123', 'posts.3.boardSectionId')).toEqual({
    path: 'posts.3.boardSectionId',
    code: 'section_not_found',
    message: expect.stringContaining('/sections lists the ids'),
  });
  expect(await sectionReads()).toBe(before + 1);
});

test('a name instead of an id is answered with the id that was probably meant', async () => {
  expect(await app.app.boards.checkSection(await row(), recipes(), 'soup')).toMatchObject({
    path: 'boardSectionId',
    message: expect.stringContaining(`${sections.Soups} is "Soups"`),
  });
});

test('a section of another board, or of a board that is not there, is no section', async () => {
  for (const boardId of [account.boards.Garden ?? '', '999']) {
    const problem = await app.app.boards.checkSection(await row(), boardId, sections.Soups ?? '');
    expect(problem).toMatchObject({ path: 'boardSectionId', code: 'section_not_found' });
  }
});

test('a section made on Pinterest a moment ago is found', async () => {
  const made = await fetch(`${app.simulator.apiUrl}/boards/${recipes()}/sections`, {
    method: 'POST',
    headers: { authorization: `Bearer ${account.accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Breads' }),
  });
  const { id } = (await made.json()) as { id: string };
  expect(await app.app.boards.checkSection(await row(), recipes(), id)).toBe(null);
});

test('after ten minutes the sections are read again; while Pinterest is away, known ones are believed', async () => {
  app.clock.advance(10 * 60_000);
  await app.faults([{ operation: 'board_sections/list', kind: 'status', status: 503, times: 0 }]);
  expect(await app.app.boards.checkSection(await row(), recipes(), sections.Soups ?? '')).toBe(null);
  await expect(app.app.boards.checkSection(await row(), recipes(), '123')).rejects.toBeInstanceOf(Outage);
  await app.clearFaults();
  const before = await sectionReads();
  expect(await app.app.boards.checkSection(await row(), recipes(), sections.Soups ?? '')).toBe(null);
  expect(await sectionReads()).toBe(before + 1);
});

test('many boards are checked with one look, each under its own field', async () => {
  const wanted = [recipes(), '1', account.boards.Garden ?? '', 'gardn'].map((boardId, index) => ({
    boardId,
    path: `intervalBoards.${index}.boardId`,
  }));
  expect(await app.app.boards.checkAll(await row(), wanted)).toMatchObject([
    { path: 'intervalBoards.1.boardId', code: 'board_not_found' },
    { path: 'intervalBoards.3.boardId', message: expect.stringContaining('is "Garden"') },
  ]);
  expect(await app.app.boards.check(await row(), '1', 'posts.3.boardId')).toMatchObject({
    path: 'posts.3.boardId',
  });
});

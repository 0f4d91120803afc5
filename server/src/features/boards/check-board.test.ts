// Checks of boards and sections, as the rooms that store posts use them.
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

test('a section of the board is accepted, and Pinterest is not queried again', async () => {
  const before = await sectionReads();
  expect(await app.app.boards.checkSection(await row(), recipes(), sections.Soups ?? '')).toBe(null);
  expect(await sectionReads()).toBe(before);
});

test('an unknown section is requested from Pinterest once, and reported at the path of the caller', async () => {
  const before = await sectionReads();
  expect(await app.app.boards.checkSection(await row(), recipes(), '123', 'posts.3.boardSectionId')).toEqual({
    path: 'posts.3.boardSectionId',
    code: 'section_not_found',
    message: expect.stringContaining('/sections lists the ids'),
  });
  expect(await sectionReads()).toBe(before + 1);
});

test('a name sent instead of an id is refused with the id of the section with that name', async () => {
  expect(await app.app.boards.checkSection(await row(), recipes(), 'soup')).toMatchObject({
    path: 'boardSectionId',
    message: expect.stringContaining(`${sections.Soups} is "Soups"`),
  });
});

test('a section of another board, or of a board that does not exist, is not found', async () => {
  for (const boardId of [account.boards.Garden ?? '', '999']) {
    const problem = await app.app.boards.checkSection(await row(), boardId, sections.Soups ?? '');
    expect(problem).toMatchObject({ path: 'boardSectionId', code: 'section_not_found' });
  }
});

test('a section that was just created on Pinterest is found', async () => {
  const created = await fetch(`${app.simulator.apiUrl}/boards/${recipes()}/sections`, {
    method: 'POST',
    headers: { authorization: `Bearer ${account.accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Breads' }),
  });
  const { id } = (await created.json()) as { id: string };
  expect(await app.app.boards.checkSection(await row(), recipes(), id)).toBe(null);
});

test('sections are read again after ten minutes; during an outage stored sections are accepted, and others are an outage', async () => {
  app.clock.advance(10 * 60_000);
  await app.faults([{ operation: 'board_sections/list', kind: 'status', status: 503, times: 0 }]);
  expect(await app.app.boards.checkSection(await row(), recipes(), sections.Soups ?? '')).toBe(null);
  await expect(app.app.boards.checkSection(await row(), recipes(), '123')).rejects.toBeInstanceOf(Outage);
  await app.clearFaults();
  const before = await sectionReads();
  expect(await app.app.boards.checkSection(await row(), recipes(), sections.Soups ?? '')).toBe(null);
  expect(await sectionReads()).toBe(before + 1);
});

test('several boards are checked together, and each problem is reported at its own field', async () => {
  const wanted = [recipes(), '1', account.boards.Garden ?? '', 'gardn'].map((boardId, index) => ({
    boardId,
    path: `intervalBoards.${index}.boardId`,
  }));
  expect(await app.app.boards.checkAll(await row(), wanted)).toMatchObject([
    { path: 'intervalBoards.1.boardId', code: 'board_not_found' },
    { path: 'intervalBoards.3.boardId', message: expect.stringContaining('is "Garden"') },
  ]);
});

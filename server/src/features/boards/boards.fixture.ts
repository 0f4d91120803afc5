// For tests of boards over HTTP: requests to Pintail, and the boards on Pinterest itself.
import { afterEach, beforeEach } from 'vitest';
import type { Json } from '../../../test/app.ts';
import { account, app, useApp } from '../../../test/use-app.ts';

// Set by the hook below; a test file has an instance of this module to itself.
export let path: string;

/** Call once, at the top of the file. Each test has an account with boards, and the section Soups. */
export function useBoards(): void {
  useApp({ sections: ['Soups'] });
  beforeEach(() => {
    path = `/v1/accounts/${account.accountId}/boards`;
  });
  afterEach(() => app.clearFaults());
}

export interface Shown extends Json {
  id: string;
  name: string;
}

/** The boards that Pintail lists. */
export const list = async (query = ''): Promise<Shown[]> =>
  (await app.call('GET', path + query)).body.data.boards;
/** The listed board with this name. */
export const named = async (name: string, query?: string) =>
  (await list(query)).find((board) => board.name === name);
/** The path of the board Recipes. */
export const recipes = () => `${path}/${account.boards.Recipes}`;

/** The boards on Pinterest, whatever our tables have. */
export async function onPinterest(below = ''): Promise<Shown[]> {
  const answer = await fetch(`${app.simulator.apiUrl}/boards${below}?page_size=250`, {
    headers: { authorization: `Bearer ${account.accessToken}` },
  });
  return ((await answer.json()) as { items: Shown[] }).items;
}

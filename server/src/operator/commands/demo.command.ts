// The command `demo`: publishes a post with a sample image through the API of the running server, and waits for the Pin.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Config, readConfig } from '../../config.ts';
import { addressesOf, publicUrlOf } from '../../installation.ts';
import { addMs, pause, systemClock } from '../../platform/clock.ts';
import { CommandProblem } from '../failure.ts';

const Accounts = z.object({ data: z.object({ accounts: z.array(z.object({ id: z.string() })).min(1) }) });
const Boards = z.object({
  data: z.object({ boards: z.array(z.object({ id: z.string(), name: z.string() })).min(1) }),
});
const Post = z.object({
  data: z.object({
    post: z.object({
      id: z.string(),
      pinId: z.string().nullable(),
      pinUrl: z.string().nullable(),
      failure: z.object({ message: z.string(), remediation: z.string() }).nullable(),
    }),
  }),
});

const leadMs = 2_000;
const pollMs = 250;
const waitMs = 60_000;

export async function demoCommand(): Promise<void> {
  const config = readConfig();
  if (config.pinterestEnvironment !== 'simulator') {
    throw new CommandProblem('The demo requires PINTEREST_ENVIRONMENT=simulator.');
  }
  const call = caller(publicUrlOf(config), readKey(config));
  const simulatorUrl = addressesOf(config).simulator.apiUrl.replace(/\/v5$/, '');

  const [account] = Accounts.parse(await call('GET', '/v1/accounts')).data.accounts;
  const path = `/v1/accounts/${account?.id}`;
  const [board] = Boards.parse(await call('GET', `${path}/boards`)).data.boards;
  const created = Post.parse(
    await call('POST', `${path}/posts`, {
      mediaUrl: `${simulatorUrl}/samples/recipe.jpg`,
      title: 'Tomato salad',
      description: 'Ripe tomatoes, mozzarella, basil.',
      url: 'https://example.com/tomato-salad',
      boardId: board?.id,
      sendAt: addMs(systemClock.now(), leadMs).toISOString(),
    }),
  ).data.post;
  console.log(`Created ${created.id} for the board ${board?.name}; it is published in ${leadMs / 1000} s.`);
  for (let waitedMs = 0; waitedMs < waitMs; waitedMs += pollMs) {
    await pause(pollMs);
    const { post } = Post.parse(await call('GET', `${path}/posts/${created.id}`)).data;
    if (post.failure) throw new CommandProblem(`${post.failure.message} ${post.failure.remediation}`);
    if (post.pinId) {
      console.log(`Published: ${post.pinUrl}`);
      return;
    }
  }
  throw new CommandProblem('The post was not published within a minute. Check the log of the server.');
}

function readKey(config: Config): string {
  try {
    return readFileSync(join(config.dataDir, 'first-api-key'), 'utf8').trim();
  } catch {
    throw new CommandProblem(`No API key found in ${config.dataDir}. Start the server first: npm start`);
  }
}

function caller(url: string, key: string) {
  return async (method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> => {
    const request = {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    };
    const answer = await fetch(`${url}${path}`, request).catch(() => {
      throw new CommandProblem(`No server responds at ${url}. Start it first: npm start`);
    });
    const text = await answer.text();
    if (!answer.ok) throw new CommandProblem(`${method} ${path} answered ${answer.status}: ${text}`);
    return JSON.parse(text);
  };
}

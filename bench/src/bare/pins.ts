// A bare loop of POST /pins, the upper limit of publishing: no schedule, no order, nothing stored.
import { readFileSync } from 'node:fs';
import { Pool } from 'undici';

export interface BarePins {
  url: string;
  concurrency: number;
  count: number;
  tag: string;
  accounts: { accessToken: string; boardId: string }[];
  /** Base64. */
  picture: string;
}

const [, , inputFile = ''] = process.argv;
const input = JSON.parse(readFileSync(inputFile, 'utf8')) as BarePins;
const url = new URL(input.url);
const pool = new Pool(url.origin, { connections: input.concurrency });

async function createPin(number: number): Promise<void> {
  const account = input.accounts[number % input.accounts.length];
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: url.pathname,
    headers: { authorization: `Bearer ${account?.accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      board_id: account?.boardId,
      title: `Lemon tart no. ${number}`,
      description:
        'Crisp, sour, done in an hour. The crust is blind-baked, the filling set with yolks alone.',
      link: `https://example.com/${input.tag}/${number}`,
      media_source: { source_type: 'image_base64', content_type: 'image/jpeg', data: input.picture },
    }),
  });
  const answer = (await body.json()) as { id?: string };
  if (statusCode !== 201 || answer.id === undefined) {
    throw new Error(`POST /pins answered ${statusCode}: ${JSON.stringify(answer)}`);
  }
}

let next = 0;
async function work(): Promise<void> {
  while (next < input.count) {
    next += 1;
    await createPin(next - 1);
  }
}

const cpuBefore = process.cpuUsage();
const began = performance.now();
await Promise.all(Array.from({ length: input.concurrency }, work));
const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
await pool.close();
console.log(`done ${JSON.stringify({ seconds, cpuMsEach: (user + system) / 1000 / input.count })}`);

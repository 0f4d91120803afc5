// Everything that the simulator acknowledged is there after it was killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { startSimulator } from '../src/index.ts';
import { base64Source, openTest, seedDemo, speakTo, type Test } from './harness.ts';

async function dataFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'simulator-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'nested', 'journal.jsonl');
}

/** Starts the simulator as a separate process that a test can kill. */
async function startProcess(
  file: string,
): Promise<{ sim: Test; kill(signal: NodeJS.Signals): Promise<void> }> {
  const main = join(import.meta.dirname, '../src/main.ts');
  const child = spawn(process.execPath, [main, '--port', '0', '--data', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const kill = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
  };
  onTestFinished(() => kill('SIGKILL'));
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const url = /http:\S+?(?=\/ )/.exec(line)?.[0] ?? '';
  const addresses = {
    url,
    apiUrl: `${url}/v5`,
    sandboxApiUrl: `${url}/sandbox/v5`,
    authorizeUrl: `${url}/oauth/`,
  };
  return { sim: speakTo({ ...addresses, uploadUrl: '', close: async () => {} }), kill };
}

test('after kill -9 all accounts, tokens, boards and Pins remain, and an incomplete last line is dropped', async () => {
  const file = await dataFile();
  const first = await startProcess(file);
  const { boardId, accountId } = await seedDemo(first.sim);
  const body = { board_id: boardId, title: 'Survivor', media_source: await base64Source() };
  const { body: made } = await first.sim.api('POST', '/pins', { body });
  await first.kill('SIGKILL');
  await appendFile(file, '[{"put":"pins","row":{"id":"99');

  const second = await startProcess(file);
  expect((await second.sim.api('GET', '/user_account')).body.id).toBe(accountId);
  expect((await second.sim.api('GET', `/boards/${boardId}`)).body.pin_count).toBe(1);
  expect((await second.sim.api('GET', `/pins/${made.id}`)).body.title).toBe('Survivor');
  const [pin] = await second.sim.pins();
  const preview = await fetch(`${second.sim.simulator.url}/images/600x/${pin.imageSha256}.jpg`);
  expect(preview.headers.get('content-type')).toBe('image/jpeg');

  const { body: next } = await second.sim.api('POST', '/pins', { body });
  expect(next.id).not.toBe(made.id);
  const [, later] = await second.sim.pins();
  expect(later.requestNumber).toBeGreaterThan(pin.requestNumber);
  await second.kill('SIGTERM');
});

test('a Pin whose response was cut off by a fault is in the journal', async () => {
  const file = await dataFile();
  const simulator = await startSimulator({ dataFile: file });
  const sim = speakTo(simulator);
  const { boardId } = await seedDemo(sim);
  await sim.faults({ operation: 'pins/create', kind: 'reset', when: 'after' });
  const body = { board_id: boardId, title: 'Lost', media_source: await base64Source() };
  await expect(sim.api('POST', '/pins', { body })).rejects.toThrow();
  await simulator.close();

  const again = await openTest({ dataFile: file });
  expect(await again.pins()).toMatchObject([{ title: 'Lost' }]);
});

test('the clock and the settings survive a restart; a reset deletes everything', async () => {
  const file = await dataFile();
  const now = () => new Date('2026-01-01T00:00:00Z');
  const simulator = await startSimulator({ dataFile: file, now });
  const sim = speakTo(simulator);
  await seedDemo(sim);
  await sim.advance(3_600);
  await sim.settings({ listing: { delaySeconds: 5 } });
  await simulator.close();

  const again = await startSimulator({ dataFile: file, now });
  const state = await speakTo(again).control('GET', '/state');
  expect(state.now).toBe('2026-01-01T01:00:00.000Z');
  expect(state.settings.listing).toMatchObject({ delaySeconds: 5, order: 'newest' });
  await speakTo(again).control('POST', '/reset');
  await again.close();

  const last = await openTest({ dataFile: file, now });
  const empty = await last.control('GET', '/state');
  expect([empty.accounts, empty.now]).toEqual([[], '2026-01-01T00:00:00.000Z']);
});

test('the journal contains no token and is readable by its owner only', async () => {
  const file = await dataFile();
  const simulator = await startSimulator({ dataFile: file });
  await seedDemo(speakTo(simulator));
  await simulator.close();
  const text = await readFile(file, 'utf8');
  expect(text).toContain('pintail_demo');
  expect(text).not.toMatch(/pina_demo|pinr_demo/);
  expect((await stat(file)).mode & 0o077).toBe(0);
});

test('a second simulator on the same file and port fails, and the first loses nothing', async () => {
  const file = await dataFile();
  const first = await startSimulator({ dataFile: file });
  const sim = speakTo(first);
  await seedDemo(sim);
  const port = Number(new URL(first.url).port);
  await expect(startSimulator({ dataFile: file, port })).rejects.toThrow(/EADDRINUSE/);
  await seedDemo(sim, { username: 'later', tokens: [] });
  await first.close();
  const again = await openTest({ dataFile: file });
  expect((await again.control('GET', '/state')).counts.accounts).toBe(2);
});

test('the same image sent many times at once is accepted each time, and its preview is stored', async () => {
  const sim = await openTest({ dataFile: await dataFile() });
  const { boardId } = await seedDemo(sim);
  const body = { board_id: boardId, media_source: await base64Source({ width: 900, height: 1_200 }) };
  const answers = await Promise.all(Array.from({ length: 12 }, () => sim.api('POST', '/pins', { body })));
  expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(201));
  const [pin] = await sim.pins();
  expect((await fetch(`${sim.simulator.url}/images/600x/${pin.imageSha256}.jpg`)).status).toBe(200);
});

// The simulator as a separate process, so that its CPU time is not counted as the server's.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { simulatedAccounts } from './fill.ts';
import type { Lab } from './lab.ts';
import { type HttpTarget, openTarget } from './load.ts';
import { type Started, startProgram } from './processes.ts';

const simulatorProgram = fileURLToPath(new URL('../../simulator/src/main.ts', import.meta.url));
/** The maximum of one seed. */
const accountsPerSeed = 1000;

export interface SimulatedPin {
  link: string;
  createdAt: string;
}

export interface SimulatorProcess extends Started {
  url: string;
  /** Returns the Pins of posts with this tag: the number in the link, and the creation time in milliseconds. */
  pinsOf(tag: string): Promise<{ number: number; at: number }[]>;
}

/** Starts a simulator without rate limits, which would otherwise be all that is measured. */
export async function startSimulator(lab: Lab, accounts: number): Promise<SimulatorProcess> {
  const name = `simulator-${randomBytes(4).toString('hex')}`;
  const started = await startProgram({
    name,
    args: [simulatorProgram, '--port', '0'],
    env: {},
    logFile: join(lab.folder, `${name}.log`),
    readyWhen: /(http:\S+?)\/? \(/,
  });
  const url = started.ready[1] ?? '';
  const control: HttpTarget = openTarget(url, 1);
  await control.expect(200, 'POST', '/_control/settings', { limits: { enabled: false } });
  for (let from = 0; from < accounts; from += accountsPerSeed) {
    const until = Math.min(from + accountsPerSeed, accounts);
    await control.expect(200, 'POST', '/_control/seed', {
      accounts: simulatedAccounts(from, until).map((account) => ({
        username: `bench_${account.pinterestUserId}`,
        id: account.pinterestUserId,
        boards: [{ name: 'Bench', id: account.boardId }],
        tokens: [{ accessToken: account.accessToken }],
      })),
    });
  }
  return {
    ...started,
    url,
    async pinsOf(tag) {
      const body = await control.expect(200, 'GET', '/_control/pins');
      const begin = `https://example.com/${tag}/`;
      return (body.pins as SimulatedPin[])
        .filter((pin) => pin.link.startsWith(begin))
        .map((pin) => ({ number: Number(pin.link.slice(begin.length)), at: Date.parse(pin.createdAt) }));
    },
    async stop() {
      await control.close();
      await started.stop();
    },
  };
}

// The commands `serve` and `worker`: run until a signal stops them, and print the banner.
import { once } from 'node:events';
import { type Config, readConfig } from '../../config.ts';
import { type Cancel, keepAlive, systemClock } from '../../platform/clock.ts';
import { createLog, type Log } from '../../platform/log.ts';
import { onStopSignal } from '../../platform/stop-signals.ts';
import { version } from '../../platform/version.ts';
import { type Served, serve } from '../serve.ts';

/** How long a canceled start may take to stop what it has started. */
const startGraceMs = 20_000;

export async function serveCommand(role?: 'worker'): Promise<void> {
  const parsed = readConfig();
  const config = role ? { ...parsed, role } : parsed;
  const log = createLog({ level: config.logLevel, format: config.logFormat });
  const stopping = new AbortController();
  onStopSignal({
    clock: systemClock,
    stop(signal) {
      log.info({ signal }, 'stopping');
      stopping.abort();
    },
    // Running work is dropped. The supervisor of the embedded database stops it even so.
    force: () => process.exit(1),
  });
  // A listening socket keeps the process alive; a worker alone has none.
  const endKeepAlive = keepAlive();
  try {
    const served = await start(config, log, stopping.signal);
    if (served) {
      log.info({ version, role: config.role, url: served.url }, 'ready');
      if (served.url) console.log(welcome(served.url, served));
      await whenAborted(stopping.signal);
      await served.stop();
    }
    log.info('stopped');
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    log.error({ err: error }, 'graceful stop failed');
    process.exitCode = 1;
  } finally {
    endKeepAlive();
  }
}

async function whenAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** Returns undefined when a signal canceled the start. */
async function start(config: Config, log: Log, signal: AbortSignal): Promise<Served | undefined> {
  let cancel: Cancel = () => {};
  const limit = () => {
    cancel = systemClock.after(startGraceMs, () => {
      log.warn('canceling the start takes too long; exiting');
      process.exit(1);
    });
  };
  signal.addEventListener('abort', limit);
  try {
    return await serve(config, log, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    // The signal's own reason, or the error of a child process that the same Ctrl+C ended.
    log.debug({ err: error }, 'start canceled');
    return undefined;
  } finally {
    signal.removeEventListener('abort', limit);
    cancel();
  }
}

function welcome(url: string, { firstRun, simulatorUrl }: Served): string {
  const lines = ['', `Pintail ${version} is ready.`, '', `  API        ${url}   (reference: ${url}/docs)`];
  if (simulatorUrl) lines.push(`  Simulator  ${simulatorUrl}   (boards and Pins of the simulated Pinterest)`);
  if (!firstRun?.key) return [...lines, ''].join('\n');
  const { key, keyFile } = firstRun;
  // Output that does not go to a terminal is kept in logs.
  const isTerminal = process.stdout.isTTY === true;
  lines.push(isTerminal ? `  API key    ${key}   (also in ${keyFile})` : `  API key    in ${keyFile}`);
  if (!simulatorUrl)
    lines.push('             Next: connect an account, docs/pinterest-app.md. Then remove that file.');
  if (simulatorUrl && firstRun.accountId) {
    lines.push(
      '',
      'Create a draft from a sample image:',
      '',
      curl(url, simulatorUrl, isTerminal ? key : `$(cat ${keyFile})`, firstRun.accountId),
    );
    lines.push('', 'Or publish a Pin: npm run pintail -- demo');
  }
  return [...lines, ''].join('\n');
}

function curl(url: string, simulatorUrl: string, key: string, accountId: string): string {
  const body = JSON.stringify({ mediaUrl: `${simulatorUrl}/samples/recipe.jpg`, title: 'Tomato salad' });
  return [
    `curl ${url}/v1/accounts/${accountId}/posts \\`,
    `  -H "Authorization: Bearer ${key}" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '${body}'`,
  ].join('\n');
}

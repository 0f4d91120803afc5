// npm run dev: the server with `node --watch`, which restarts it when a source file changes. Ctrl+C stops it gracefully.
import { spawn } from 'node:child_process';
import { memoryArguments, memoryEnvironment } from '../server/bin/memory-settings.js';
import { systemClock } from '../server/src/platform/clock.ts';
import { handleStopSignals, onStopSignal } from '../server/src/platform/stop-signals.ts';
import { deadHost } from './seed/seed-content.ts';

// With these memory settings in place, pintail.js does not replace its process image, which would close its channel to
// the watcher.
const watcher = spawn(
  process.execPath,
  [
    ...memoryArguments,
    '--watch',
    '--watch-preserve-output',
    'server/bin/pintail.js',
    'serve',
    ...process.argv.slice(2),
  ],
  {
    stdio: 'inherit',
    env: { WEBHOOK_ALLOWED_PRIVATE_HOSTS: deadHost, ...process.env, ...memoryEnvironment },
    detached: true,
  },
);

// A second signal makes `node --watch` wait forever, on a slow machine even a later one. So the watcher runs in a separate
// process group and receives one signal; a later request to stop immediately goes to the whole group, and so to the
// server itself. `node --watch` does not handle SIGHUP: it would end and leave the server running.
handleStopSignals();
onStopSignal({
  clock: systemClock,
  stop: (signal) => watcher.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal),
  force: () => {
    if (watcher.pid !== undefined) process.kill(-watcher.pid, 'SIGTERM');
  },
});
watcher.on('exit', (code) => {
  process.exitCode = code ?? 1;
});

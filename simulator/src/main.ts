// Runs the simulator alone: node simulator/src/main.ts --port 8788 --data FILE
import { parseArgs } from 'node:util';
import { startSimulator } from './index.ts';

const usage = 'Usage: node simulator/src/main.ts [--host 127.0.0.1] [--port 8788] [--data FILE]';

function readArguments(): { host: string; port: number; dataFile?: string } | string {
  try {
    const { values } = parseArgs({
      options: {
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '8788' },
        data: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return usage;
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      return `--port must be between 0 and 65535.\n${usage}`;
    return { host: values.host, port, ...(values.data === undefined ? {} : { dataFile: values.data }) };
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n${usage}`;
  }
}

const options = readArguments();
if (typeof options === 'string') {
  console.error(options);
  process.exitCode = options === usage ? 0 : 2;
} else {
  const simulator = await startSimulator(options);
  console.log(`Pinterest simulator: ${simulator.url}/ (API ${simulator.apiUrl})`);
  const stop = () => void simulator.close();
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

// A proxy between Pintail and the simulator that validates both against Pinterest's own document: every request of the
// client and every response of the simulator.
import { createServer, type IncomingMessage } from 'node:http';
import { loadContract as loadAnswers } from '../../simulator/test/contract.ts';
import { loadContract as loadRequests } from '../src/pinterest/contract.fixture.ts';

export interface ContractProxy {
  /** Includes `/v5`. */
  apiUrl: string;
  requests: number;
  answers: number;
  violations: string[];
  close(): Promise<void>;
}

/** Requires the document. @param target The simulator's API, with `/v5` */
export async function startContractProxy(target: string): Promise<ContractProxy> {
  const [requests, answers] = [await loadRequests(), loadAnswers()];
  if (answers === null) throw new Error('the contract is absent');
  const server = createServer(async (request, response) => {
    const sent = await bytesOf(request);
    const path = request.url ?? '';
    const method = request.method ?? 'GET';
    const headers = Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, value]] : [],
      ),
    );
    const requested = `${method} ${path}`;
    proxy.requests += 1;
    for (const problem of requests.problemsOf({ method, path, headers, body: sent.toString() })) {
      proxy.violations.push(`request ${requested}: ${problem}`);
    }
    const { host: _ours, connection: _hop, 'content-length': _counted, ...passed } = headers;
    const answer = await fetch(`${target}${path.replace(/^\/v5/, '')}`, {
      method,
      headers: passed,
      ...(sent.length > 0 && { body: sent }),
    });
    const text = await answer.text();
    proxy.answers += 1;
    const call = { method, path: path.replace(/^\/v5/, ''), status: answer.status, body: parse(text) };
    for (const problem of answers.problems(call)) {
      proxy.violations.push(`answer ${answer.status} to ${requested}: ${problem}`);
    }
    response.writeHead(answer.status, Object.fromEntries(forwarded(answer.headers)));
    response.end(text);
  });
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const proxy: ContractProxy = {
    apiUrl: `http://127.0.0.1:${port}/v5`,
    requests: 0,
    answers: 0,
    violations: [],
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
  return proxy;
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await request.toArray());
}

function parse(text: string): unknown {
  return text === '' ? null : JSON.parse(text);
}

/** Returns the headers without those of the connection. */
function forwarded(headers: Headers): [string, string][] {
  return [...headers].filter(
    ([name]) => !['connection', 'transfer-encoding', 'content-length', 'content-encoding'].includes(name),
  );
}

// Starts a simulator for a test and calls it over real HTTP.
// Each response of the API is validated against Pinterest's contract, where the document is available.
import sharp from 'sharp';
import { onTestFinished } from 'vitest';
import { type Simulator, type SimulatorOptions, startSimulator } from '../src/index.ts';
import { loadContract } from './contract.ts';

export const contract = loadContract();
/** The operations and statuses that this file has validated, for the conformance test. */
export const judged = new Map<string, number>();

// biome-ignore lint/suspicious/noExplicitAny: tests read answers of many shapes, and compare what they find.
type AnyShape = any;

export interface ApiAnswer {
  status: number;
  headers: Headers;
  body: AnyShape;
}

export interface CallOptions {
  token?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
  environment?: 'production' | 'sandbox';
  /** Skips the validation, for responses that a fault alters. */
  isOffContract?: boolean;
}

export interface Test {
  simulator: Simulator;
  api(method: string, path: string, options?: CallOptions): Promise<ApiAnswer>;
  control(method: string, path: string, body?: unknown): Promise<AnyShape>;
  settings(change: Record<string, unknown>): Promise<AnyShape>;
  advance(seconds: number): Promise<void>;
  faults(...faults: Record<string, unknown>[]): Promise<void>;
  pins(): Promise<AnyShape[]>;
  requests(operation?: string): Promise<AnyShape[]>;
}

export async function openTest(options: SimulatorOptions = {}): Promise<Test> {
  const simulator = await startSimulator({ port: 0, ...options });
  onTestFinished(() => simulator.close());
  return speakTo(simulator);
}

export function speakTo(simulator: Simulator): Test {
  const control: Test['control'] = async (method, path, body) => {
    const response = await fetch(`${simulator.url}/_control${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  };

  return {
    simulator,
    control,
    settings: (change) => control('POST', '/settings', change),
    advance: async (seconds) => {
      await control('POST', '/clock', { advanceSeconds: seconds });
    },
    faults: async (...faults) => {
      await control('POST', '/faults', { faults });
    },
    pins: async () => (await control('GET', '/pins')).pins,
    requests: async (operation) =>
      (await control('GET', `/requests${operation === undefined ? '' : `?operation=${operation}`}`)).requests,

    api: async (method, path, { token = 'pina_demo', body, headers, environment, isOffContract } = {}) => {
      const base = environment === 'sandbox' ? simulator.sandboxApiUrl : simulator.apiUrl;
      const isText =
        typeof body === 'string' || body instanceof Uint8Array || body instanceof URLSearchParams;
      const response = await fetch(base + path, {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined || isText ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: isText ? (body as string) : JSON.stringify(body) }),
      });
      const text = await response.text();
      const answer = { status: response.status, headers: response.headers, body: readBody(text) };
      if (isOffContract !== true) judge(method, path, answer);
      return answer;
    },
  };
}

function readBody(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function judge(method: string, path: string, { status, body }: ApiAnswer): void {
  if (contract === null) return;
  const problems = contract.problems({ method, path, status, body });
  if (problems.length > 0) {
    throw new Error(
      `${method} ${path} ${status} is off contract:\n${problems.join('\n')}\n${JSON.stringify(body)}`,
    );
  }
  const name = `${method} ${path.split('?')[0]?.replaceAll(/\d{5,}/g, '{id}')} ${status}`;
  judged.set(name, (judged.get(name) ?? 0) + 1);
}

export interface Demo {
  accountId: string;
  boardId: string;
  sectionId: string;
}

/** One account, `pina_demo`, with a board and a section. */
export async function seedDemo(test: Test, extra: Record<string, unknown> = {}): Promise<Demo> {
  const { accounts } = await test.control('POST', '/seed', {
    accounts: [
      {
        username: 'pintail_demo',
        boards: [{ name: 'Recipes', sections: [{ name: 'Dinner' }] }],
        tokens: [{ accessToken: 'pina_demo', refreshToken: 'pinr_demo' }],
        ...extra,
      },
    ],
  });
  const [account] = accounts;
  const [board] = account.boards;
  return { accountId: account.id, boardId: board?.id ?? '', sectionId: board?.sections[0]?.id ?? '' };
}

/** An image of one color, as base64. */
export async function picture({
  width = 200,
  height = 300,
  format = 'jpeg' as 'jpeg' | 'png',
  colour = '#b3123b',
} = {}): Promise<string> {
  const image = sharp({ create: { width, height, channels: 3, background: colour } });
  return (await image.toFormat(format).toBuffer()).toString('base64');
}

export async function base64Source(
  options: Parameters<typeof picture>[0] = {},
): Promise<Record<string, unknown>> {
  const content_type = options?.format === 'png' ? 'image/png' : 'image/jpeg';
  return { source_type: 'image_base64', content_type, data: await picture(options) };
}

// The ledger: every request that reached the simulator, so that a test can count them.
// It never contains a token, a secret or the bytes of an image.
export interface LedgerEntry {
  requestNumber: number;
  at: string;
  method: string;
  path: string;
  query: Record<string, unknown>;
  operation: string | null;
  environment: string | null;
  accountId: string | null;
  appId: string | null;
  body: unknown;
  /** Null while the request is still being answered. */
  status: number | null;
  durationMs: number | null;
  /** The faults that were applied, such as `reset after`. */
  faults: string[];
  /** How the response was delivered. `none`: a fault closed the connection, or the client disconnected. */
  answer: 'pending' | 'sent' | 'truncated' | 'none';
  requestId: string;
}

type RequestStart = Pick<LedgerEntry, 'at' | 'method' | 'path' | 'operation' | 'requestId'>;

export interface Ledger {
  /** Adds an entry for a request that is being answered. */
  open(entry: RequestStart & Partial<LedgerEntry>): LedgerEntry;
  list(): readonly LedgerEntry[];
  clear(): void;
  /** Continues the numbers after a restart, so that a Pin's requestNumber remains unique. */
  startAfter(requestNumber: number): void;
}

const entriesMax = 20_000;

export function createLedger(): Ledger {
  let entries: LedgerEntry[] = [];
  let last = 0;
  return {
    open(fields) {
      last += 1;
      const entry: LedgerEntry = {
        requestNumber: last,
        query: {},
        environment: null,
        accountId: null,
        appId: null,
        body: null,
        status: null,
        durationMs: null,
        faults: [],
        answer: 'pending',
        ...fields,
      };
      entries.push(entry);
      if (entries.length > entriesMax) entries = entries.slice(-entriesMax / 2);
      return entry;
    },
    list: () => entries,
    clear() {
      entries = [];
    },
    startAfter(requestNumber) {
      last = Math.max(last, requestNumber);
    },
  };
}

const secretNames = new Set([
  'access_token',
  'refresh_token',
  'client_secret',
  'code',
  'token',
  'authorization',
]);
const bytesNames = new Set(['data', 'cover_image_data']);
const textLengthMax = 300;

/** Prepares a body or query for the ledger: shortens long text, replaces base64 and secrets by their length. */
export function forLedger(value: unknown, name = '', depth = 0): unknown {
  if (depth > 8) return '[too deep]';
  if (typeof value === 'string') {
    if (secretNames.has(name)) return `[secret, ${value.length} characters]`;
    if (bytesNames.has(name)) return `[base64, ${value.length} characters]`;
    return value.length > textLengthMax
      ? `${value.slice(0, textLengthMax)}… [${value.length} characters]`
      : value;
  }
  if (Array.isArray(value)) return value.slice(0, 20).map((item) => forLedger(item, name, depth + 1));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .slice(0, 50)
        .map(([key, item]) => [key.slice(0, 100), forLedger(item, key, depth + 1)]),
    );
  }
  return value;
}

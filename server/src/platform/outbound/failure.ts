// Why a URL could not be fetched: a code for programs and a sentence for people. The sentences name what the
// caller can change and never an address that we looked up: an answer must not map the network behind us.

/** The faults of a fetch, from the URL to the last byte. */
export type OutboundReason =
  | 'bad_url'
  | 'private_address'
  | 'dns_failed'
  | 'connection_failed'
  | 'tls_failed'
  | 'timeout'
  | 'http_status'
  | 'bad_response'
  | 'too_many_redirects'
  | 'too_large';

/** A fetch that did not work out. `message` may be shown to the caller as it is; `cause` may not. */
export class OutboundFailure extends Error {
  override readonly name = 'OutboundFailure';
  readonly reason: OutboundReason;

  constructor(reason: OutboundReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

const sentences = {
  private_address:
    'This URL leads to an address that is not on the public internet. Use a URL that anyone can open, or let this server fetch it by adding its host and port to MEDIA_ALLOWED_PRIVATE_HOSTS.',
  dns_failed: 'The host name of this URL could not be found. Check how it is spelt.',
  connection_failed:
    'The server of this URL did not accept the connection, or broke it off. Check that the URL opens in a browser, then try again.',
  tls_failed:
    'No secure connection could be made to the server of this URL. Its certificate must be valid for its host name and issued by a public authority.',
  bad_response:
    'The server of this URL gave an answer that cannot be read as HTTP. Check that the URL opens in a browser.',
} satisfies Partial<Record<OutboundReason, string>>;

/** A failure whose sentence depends on nothing. */
export function failure(reason: keyof typeof sentences, cause?: unknown): OutboundFailure {
  return new OutboundFailure(reason, sentences[reason], cause);
}

export function badUrl(problem: string): OutboundFailure {
  return new OutboundFailure('bad_url', `${problem} Use a plain http or https URL.`);
}

export function timedOut(timeoutMs: number): OutboundFailure {
  return new OutboundFailure(
    'timeout',
    `The file did not arrive within ${Math.round(timeoutMs / 1000)} seconds. Use a faster host, or a smaller file.`,
  );
}

export function tooLarge(bytesMax: number): OutboundFailure {
  return new OutboundFailure(
    'too_large',
    `The file is larger than ${formatBytes(bytesMax)}, the most that is accepted. Send a smaller one.`,
  );
}

export function tooManyRedirects(redirectsMax: number): OutboundFailure {
  return new OutboundFailure(
    'too_many_redirects',
    `The URL was redirected more than ${redirectsMax} times. Use the URL it finally leads to.`,
  );
}

export function badStatus(status: number): OutboundFailure {
  return new OutboundFailure(
    'http_status',
    `The server of this URL answered ${status}. ${remedyFor(status)}`,
  );
}

function remedyFor(status: number): string {
  if (status === 401 || status === 403 || status === 407) {
    return 'It must be readable without signing in: make it public, or use another URL.';
  }
  if (status === 404 || status === 410) return 'There is no file at this URL: check it.';
  if (status === 429 || status >= 500) return 'Try again later, or use another host.';
  return 'The URL must lead straight to the file.';
}

/** Turns what undici, Node or OpenSSL threw into a failure. One that is a failure already stays itself. */
export function toFailure(error: unknown): OutboundFailure {
  if (error instanceof OutboundFailure) return error;
  const code = codeOf(error);
  if (
    /^(HTTPParserError|UND_ERR_(HEADERS_OVERFLOW|RES_|RESPONSE|PRX)|Z_|ERR_(BROTLI|_?ZSTD)|ZSTD_)/.test(code)
  ) {
    return failure('bad_response', error);
  }
  if (/^(CERT_|ERR_TLS_|ERR_SSL_|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_)/.test(code)) {
    return failure('tls_failed', error);
  }
  return failure('connection_failed', error);
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : '';
}

function formatBytes(bytes: number): string {
  const megabytes = bytes / 1_000_000;
  return megabytes >= 1 ? `${Math.round(megabytes * 10) / 10} MB` : `${bytes} bytes`;
}

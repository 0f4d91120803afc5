// The failures of a fetch: a code for programs and a message for people. Messages say what the caller can change and
// never contain a resolved address, which would reveal the internal network.

import { version } from '../version.ts';

/** As servers of media see Pintail. */
export const userAgent = `Pintail/${version} (+media fetch)`;

/** The possible failures of a fetch, from the URL to the last byte. */
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

/** A failed fetch. `message` can be shown to the caller; `cause` must not be. */
export class OutboundFailure extends Error {
  override readonly name = 'OutboundFailure';
  readonly reason: OutboundReason;

  constructor(reason: OutboundReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

const messages = {
  private_address:
    'This URL leads to an address that is not on the public internet. Use a public URL, or allow the host by adding it with its port to MEDIA_ALLOWED_PRIVATE_HOSTS.',
  dns_failed:
    'The host name of this URL was not found on the public internet. Check its spelling. To use a host of a private network, add it with its port to MEDIA_ALLOWED_PRIVATE_HOSTS.',
  connection_failed:
    'The server of this URL refused or closed the connection. Check that the URL opens in a browser, then try again.',
  tls_failed:
    'Could not establish a secure connection to the server of this URL. Its certificate must be valid for its host name and issued by a public authority.',
  bad_response:
    'The server of this URL sent a response that is not valid HTTP. Check that the URL opens in a browser.',
} satisfies Partial<Record<OutboundReason, string>>;

/** Creates a failure with a fixed message. */
export function failure(reason: keyof typeof messages, cause?: unknown): OutboundFailure {
  return new OutboundFailure(reason, messages[reason], cause);
}

export function badUrl(problem: string): OutboundFailure {
  return new OutboundFailure('bad_url', `${problem} Use a plain http or https URL.`);
}

export function timedOut(timeoutMs: number): OutboundFailure {
  return new OutboundFailure(
    'timeout',
    `The file did not arrive within ${Math.round(timeoutMs / 1000)} seconds. Use a faster host or a smaller file.`,
  );
}

export function tooLarge(bytesMax: number): OutboundFailure {
  return new OutboundFailure(
    'too_large',
    `The file is larger than ${formatBytes(bytesMax)}, the maximum size. Use a smaller file.`,
  );
}

export function tooManyRedirects(redirectsMax: number): OutboundFailure {
  return new OutboundFailure(
    'too_many_redirects',
    `The URL was redirected more than ${redirectsMax} times. Use the final URL.`,
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
    return `The file must be readable without signing in. If it opens in a browser, the host refuses programs: allow the user agent "${userAgent}", or upload the file with POST /v1/media.`;
  }
  if (status === 404 || status === 410) return 'There is no file at this URL. Check the URL.';
  if (status === 429 || status >= 500) return 'Try again later, or use another host.';
  return 'The URL must lead directly to the file.';
}

/** Converts an error of undici, Node or OpenSSL into a failure. Returns failures unchanged. */
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

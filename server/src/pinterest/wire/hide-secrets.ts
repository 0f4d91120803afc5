// Removes secrets from texts of others before they are logged, stored or shown.

const lengthMax = 400;
/** Text beyond this length is dropped. */
const readMax = 20_000;
const hidden = '[hidden]';

/** Pinterest's token prefixes, credentials of a header, and long runs that can only be base64 or a signature. */
const patterns = [
  /\bpin[acr][._][\w.~+/=-]+/gi,
  /\b(?:bearer|basic)\s+[\w.~+/=-]{6,}/gi,
  /\b(access_token|refresh_token|client_secret|signature|x-amz-[a-z-]+|policy|code)=[^\s&"']+/gi,
  /[A-Za-z0-9+/_-]{80,}={0,2}/g,
];

/** @param secrets The secrets of this call, which are removed whatever they look like. */
export function hideSecrets(text: string, secrets: readonly string[] = []): string {
  // A word that is cut could be half a secret, which no pattern would match.
  let safe = text.length > readMax ? text.slice(0, readMax).replace(/\S+$/, '') : text;
  for (const secret of secrets) if (secret !== '') safe = safe.replaceAll(secret, hidden);
  for (const pattern of patterns) safe = safe.replaceAll(pattern, hidden);
  safe = safe.replace(/\s+/g, ' ').trim();
  return safe.length > lengthMax ? `${safe.slice(0, lengthMax)}…` : safe;
}

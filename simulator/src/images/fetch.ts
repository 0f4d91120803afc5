// Fetches an image by its URL as Pinterest's servers would: from outside, with limits on time, size and redirects.
// Every failure has the one message that Pinterest uses for it (docs/pinterest.md#errors, code 1).
import { lookup } from 'node:dns';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { badParameter, couldNotFetchImage, couldNotReachUrl } from '../ground/refusal.ts';
import type { Settings } from '../ground/settings.ts';

const bytesMax = 33_554_432;
const redirectsMax = 5;

/** Networks that Pinterest cannot reach, and that a user of a shared simulator must not reach. */
const hidden = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  hidden.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 128],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
  ['64:ff9b::', 96],
  ['2002::', 16],
] as const) {
  hidden.addSubnet(network, prefix, 'ipv6');
}
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function mayConnect(address: string, allowLoopback: boolean): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  // Both lists also match IPv4 addresses written as IPv6.
  if (loopback.check(address, family)) return allowLoopback;
  return !hidden.check(address, family);
}

export async function fetchImage(url: string, settings: Settings['imageUrl']): Promise<Buffer> {
  const signal = AbortSignal.timeout(settings.timeoutMs);
  let next = readUrl(url);
  for (let redirects = 0; redirects <= redirectsMax; redirects += 1) {
    const host = next.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !mayConnect(host, settings.allowLoopback)) throw couldNotReachUrl(url);
    const response = await open(next, signal, settings.allowLoopback).catch(() => {
      throw couldNotFetchImage();
    });
    const status = response.statusCode ?? 0;
    const location = response.headers.location;
    if (status >= 300 && status < 400 && location !== undefined) {
      response.destroy();
      next = readUrl(location, next);
      continue;
    }
    if (status !== 200) {
      response.destroy();
      throw couldNotFetchImage();
    }
    return readAll(response, signal);
  }
  throw couldNotFetchImage();
}

function readUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw badParameter(`Invalid URL: ${text.slice(0, 200)}`);
  return url;
}

function open(url: URL, signal: AbortSignal, allowLoopback: boolean): Promise<IncomingMessage> {
  // The address is checked when the name is resolved, so that a second lookup cannot return another one.
  const guardedLookup: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const allowed = (addresses ?? []).filter(({ address }) => mayConnect(address, allowLoopback));
      const first = allowed[0];
      if (error !== null || first === undefined) {
        callback(error ?? new Error('The host has no public address.'), '', 4);
      } else if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const headers = {
      'user-agent': 'Pinterest/0.2 (+https://www.pinterest.com/bot.html)',
      accept: 'image/*',
    };
    const outgoing = request(url, { signal, lookup: guardedLookup, agent: false, headers }, resolve);
    outgoing.on('error', reject);
    outgoing.end();
  });
}

async function readAll(response: IncomingMessage, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > bytesMax || signal.aborted) throw couldNotFetchImage();
      chunks.push(chunk);
    }
  } catch {
    throw couldNotFetchImage();
  } finally {
    response.destroy();
  }
  return Buffer.concat(chunks);
}

/** Distinguishes a broken image (235) from a file of another kind (could not fetch). */
export function looksLikeImage(bytes: Buffer): boolean {
  const start = bytes.subarray(0, 12).toString('latin1');
  return /^(?:\xff\xd8\xff|\x89PNG|GIF8|RIFF....WEBP)/s.test(start);
}

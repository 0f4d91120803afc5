// Downloads the file behind a URL to the disk.
import type { Outbound } from '../../../platform/outbound/index.ts';
import { pictureBytesMax, type Receive, type Received, receive, videoBytesMax } from './receive.ts';

/** Enough for 2 GB at 20 Mbit/s. Pictures have the 15 seconds of every fetch. */
const videoTimeoutMs = 15 * 60 * 1000;

export interface Download extends Omit<Receive, 'body' | 'isPaced'> {
  outbound: Outbound;
  url: string;
  signal?: AbortSignal | undefined;
}

/**
 * Time spent waiting for the receiving gate counts as time of the fetch. @throws OutboundFailure; the errors of
 * `receive`
 */
export async function download({ outbound, url, signal, ...rest }: Download): Promise<Received> {
  const isPicture = rest.wanted === 'image';
  const { body } = await outbound.fetchStream(url, {
    bytesMax: isPicture ? pictureBytesMax : videoBytesMax,
    ...(!isPicture && { timeoutMs: videoTimeoutMs }),
    ...(signal && { signal }),
  });
  return receive({ ...rest, body, isPaced: !isPicture });
}

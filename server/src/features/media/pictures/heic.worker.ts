// Decodes a HEIC picture in a separate thread (heic.ts), because libheif is C++, compiled to WebAssembly, that reads
// untrusted files. Writes the upright picture as PNG with its color profile, and responds with `HeicAnswer`.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { crc32, deflateSync } from 'node:zlib';
import type { MainModule as Heif } from 'libheif-js/libheif-wasm/libheif.js';
import sharp from 'sharp';

export interface HeicTask {
  path: string;
  to: string;
  pixelsMax: number;
}

export type HeicAnswer = { kind: 'decoded' } | { kind: 'broken'; why: string };

/** Constants of libheif/heif_image.h. */
const colorspaceRgb = 1;
const chromaRgb = 10;
const chromaRgba = 11;
const channelInterleaved = 10;

/** Fields of `struct heif_security_limits`, as byte offsets (libheif/heif_security.h, version 1). */
const limitOffsets = { pixels: 8, memoryBlock: 40 };
const memoryBlockMax = 512 * 1024 * 1024;

interface Decoded {
  pixels: Buffer;
  /** In pixels, padding included. */
  stride: number;
  width: number;
  height: number;
  channels: 3 | 4;
  icc: Buffer;
}

function decode(heif: Heif, { path, pixelsMax }: HeicTask): Decoded {
  const error = heif._malloc(16);
  const out = heif._malloc(8);
  const pointer = () => heif.HEAPU32[out >> 2] as number;
  // Every call writes { code, subcode, message } first.
  const check = () => {
    if (heif.HEAP32[error >> 2] !== 0) throw new Error(textAt(heif, heif.HEAPU32[(error >> 2) + 2]));
  };
  const context = heif._heif_context_alloc();
  const limits = new DataView(heif.HEAPU8.buffer, heif._heif_context_get_security_limits(context));
  limits.setBigUint64(limitOffsets.pixels, BigInt(pixelsMax), true);
  limits.setBigUint64(limitOffsets.memoryBlock, BigInt(memoryBlockMax), true);

  const file = readFileSync(path);
  const copy = heif._malloc(file.length);
  heif.HEAPU8.set(file, copy);
  heif._heif_context_read_from_memory(error, context, copy, file.length, 0);
  check();
  heif._free(copy);
  heif._heif_context_get_primary_image_handle(error, context, out);
  check();
  const handle = pointer();
  const hasAlpha = heif._heif_image_handle_has_alpha_channel(handle) !== 0;
  heif._heif_decode_image(error, handle, out, colorspaceRgb, hasAlpha ? chromaRgba : chromaRgb, 0);
  check();
  const image = pointer();
  const width = heif._heif_image_get_width(image, channelInterleaved);
  const height = heif._heif_image_get_height(image, channelInterleaved);
  const plane = heif._heif_image_get_plane_readonly2(image, channelInterleaved, out);
  const strideBytes = pointer();
  const channels = hasAlpha ? 4 : 3;
  const icc = profileOf(heif, handle, error);
  return {
    pixels: Buffer.from(heif.HEAPU8.buffer, plane, strideBytes * height),
    stride: strideBytes / channels,
    width,
    height,
    channels,
    icc,
  };
}

function profileOf(heif: Heif, handle: number, error: number): Buffer {
  const length = heif._heif_image_handle_get_raw_color_profile_size(handle);
  if (length === 0) return Buffer.alloc(0);
  const at = heif._malloc(length);
  heif._heif_image_handle_get_raw_color_profile(error, handle, at);
  return Buffer.from(heif.HEAPU8.slice(at, at + length));
}

function textAt(heif: Heif, at: number): string {
  const end = heif.HEAPU8.indexOf(0, at);
  return Buffer.from(heif.HEAPU8.subarray(at, end)).toString('utf8');
}

/** Inserts the color profile after the header of 33 bytes: sharp cannot declare the profile of raw pixels. */
function insertProfile(path: string, icc: Buffer): void {
  const png = readFileSync(path);
  const body = Buffer.concat([Buffer.from('iCCPprofile\0\0', 'latin1'), deflateSync(icc)]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(body.length - 4);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  writeFileSync(path, Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]));
}

async function run(task: HeicTask): Promise<HeicAnswer> {
  const require = createRequire(import.meta.url);
  // The entry of the package looks for the binary in the working directory.
  const create = require('libheif-js/libheif-wasm/libheif.js') as (options: object) => Promise<Heif>;
  const wasm = require.resolve('libheif-js/libheif-wasm/libheif.wasm');
  const heif = await create({ wasmBinary: readFileSync(wasm) });
  try {
    const { pixels, stride, width, height, channels, icc } = decode(heif, task);
    await sharp(pixels, { raw: { width: stride, height, channels } })
      .extract({ left: 0, top: 0, width, height })
      .png({ compressionLevel: 1 })
      .toFile(task.to);
    if (icc.length > 0) insertProfile(task.to, icc);
    return { kind: 'decoded' };
  } catch (error) {
    return { kind: 'broken', why: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.postMessage(await run(workerData as HeicTask));

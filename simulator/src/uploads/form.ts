// Reads an upload form as S3 does: fields in order, the file last. Only the digest of the file is retained.
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';
import { Busboy } from '@fastify/busboy';

export interface UploadForm {
  /** The fields before the file; S3 ignores those after it. */
  fields: Map<string, string>;
  file: { sizeBytes: number; sha256: string; isVideo: boolean } | null;
  hasTwoFiles: boolean;
  isTooLarge: boolean;
}

/** Throws when the body is not a form, or is incomplete. */
export async function readUploadForm(request: IncomingMessage, sizeBytesMax: number): Promise<UploadForm> {
  const form: UploadForm = { fields: new Map(), file: null, hasTwoFiles: false, isTooLarge: false };
  const parser = new Busboy({
    headers: { ...request.headers, 'content-type': request.headers['content-type'] ?? '' },
    limits: { fieldSize: 20_000, fields: 100, fileSize: sizeBytesMax, files: 3 },
  });
  let isAfterFile = false;
  parser.on('field', (name, value) => {
    if (!isAfterFile) form.fields.set(name.toLowerCase(), value);
  });
  parser.on('file', (name, stream) => {
    if (name !== 'file' || isAfterFile) {
      form.hasTwoFiles ||= isAfterFile;
      stream.resume();
      return;
    }
    isAfterFile = true;
    const hash = createHash('sha256');
    let sizeBytes = 0;
    let head = Buffer.alloc(0);
    stream.on('data', (chunk: Buffer) => {
      if (head.length < 16) head = Buffer.concat([head, chunk.subarray(0, 16)]);
      sizeBytes += chunk.length;
      hash.update(chunk);
    });
    stream.on('limit', () => {
      form.isTooLarge = true;
    });
    stream.on('end', () => {
      form.file = { sizeBytes, sha256: hash.digest('hex'), isVideo: startsAsVideo(head) };
    });
  });
  request.pipe(parser);
  // Without this, a client that disconnects would leave this function waiting for the rest.
  request.once('aborted', () => parser.destroy(new Error('The upload is incomplete.')));
  await finished(parser);
  return form;
}

/** MP4, MOV and M4V begin with a box whose name is at the fifth byte. */
function startsAsVideo(head: Buffer): boolean {
  return ['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip'].includes(head.subarray(4, 8).toString('latin1'));
}

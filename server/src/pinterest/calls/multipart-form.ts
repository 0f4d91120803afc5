// A multipart/form-data body with one file at its end, streamed, so that a video does not have to fit into memory. Its length
// is computed in advance, because S3 refuses forms of unknown length.
import { randomUUID } from 'node:crypto';

export interface FormFile {
  fileName: string;
  contentType: string;
  sizeBytes: number;
  bytes: AsyncIterable<Uint8Array>;
}

export interface MultipartForm {
  contentType: string;
  sizeBytes: number;
  body: AsyncIterable<Uint8Array>;
}

/** @param fields In this order, before the file: S3 ignores what comes after it. */
export function multipartForm(fields: Record<string, string>, file: FormFile): MultipartForm {
  const boundary = `pintail-${randomUUID()}`;
  const heads = Object.entries(fields).map(
    ([name, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"\r\n\r\n${value}\r\n`,
  );
  const fileHead =
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${quoted(file.fileName)}"\r\n` +
    `Content-Type: ${file.contentType.replace(/[\r\n]/g, '')}\r\n\r\n`;
  const before = Buffer.from(heads.join('') + fileHead);
  const after = Buffer.from(`\r\n--${boundary}--\r\n`);
  async function* body() {
    yield before;
    yield* file.bytes;
    yield after;
  }
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    sizeBytes: before.length + file.sizeBytes + after.length,
    body: body(),
  };
}

/** As browsers write names: a quote or line break would end the field. */
function quoted(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

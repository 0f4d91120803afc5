// An S3 server for tests that checks signatures. Corrects where s3rver 5.0.0 differs from S3: it lists in the order of
// its folders, cannot create continuation tokens (they need DES, which OpenSSL 3 does not have), and ignores the end of
// a range that ends at byte 0.
import S3rver from '@20minutes/s3rver';
import { AwsClient } from 'aws4fetch';

/** The credentials that the server accepts. */
export const credentials = { region: 'us-east-1', accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

export async function startS3(directory: string) {
  const server = new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory });
  const { store } = server;
  const listObjects = store.listObjects.bind(store);
  store.listObjects = async (bucket, { prefix = '', startAfter = '', maxKeys = 1000 }) => {
    const { objects } = await listObjects(bucket, {});
    const matching = objects
      .filter(({ key }) => key.startsWith(prefix) && key > startAfter)
      .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
    return { objects: matching.slice(0, maxKeys), commonPrefixes: [], isTruncated: false };
  };
  const getObject = store.getObject.bind(store);
  store.getObject = (bucket, key, options) =>
    // `Object(0)` is truthy, unlike 0.
    getObject(bucket, key, options?.end === 0 ? { ...options, end: Object(0) as number } : options);
  const { port } = await server.run();
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    endpoint,
    async makeBucket(name: string): Promise<void> {
      const client = new AwsClient({ ...credentials, service: 's3' });
      await client.fetch(`${endpoint}/${name}`, { method: 'PUT' });
    },
    close: () => server.close(),
  };
}

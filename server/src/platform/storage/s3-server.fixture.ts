// An S3 server for tests that checks signatures. What it does otherwise than S3 is put right here (s3rver 5.0.0):
// it lists in the order of its folders, cannot make continuation tokens (they need DES, which OpenSSL 3 has not),
// and takes a range that ends at byte 0 for one without an end.
import S3rver from '@20minutes/s3rver';
import { AwsClient } from 'aws4fetch';

/** The credentials that the server knows. */
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
    // An object is true where the number in it is not.
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

// Types for s3rver, the S3 server of the tests, which includes none.
declare module '@20minutes/s3rver' {
  interface Listing {
    objects: { key: string }[];
    commonPrefixes: string[];
    isTruncated: boolean;
  }
  interface ListOptions {
    prefix?: string;
    startAfter?: string;
    maxKeys?: number;
  }
  export default class S3rver {
    constructor(options: { port: number; address: string; silent: boolean; directory: string });
    store: {
      listObjects(bucket: string, options: ListOptions): Promise<Listing>;
      getObject(bucket: string, key: string, options?: { start?: number; end?: number }): Promise<unknown>;
    };
    run(): Promise<{ address: string; port: number }>;
    close(): Promise<void>;
  }
}

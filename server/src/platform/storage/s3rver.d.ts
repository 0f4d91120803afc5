// Types for the S3 server of the tests, which has none.
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

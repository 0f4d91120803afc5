// The parts that use cases of posts work with. Built once, in app.ts.
import type { PinterestEnvironments } from '../../../pinterest/index.ts';
import type { CreateParts } from '../compose/parts.ts';

export interface PostParts extends CreateParts {
  /** How callers reach this server, without a slash at the end. */
  publicUrl: string;
  /** Returns the page where people see a Pin. */
  pinUrl: PinterestEnvironments['pinUrl'];
}

/** The path of a post, with the version that the caller knows. */
export interface PostTarget {
  accountId: string;
  postId: string;
  /** The header If-Match. */
  ifMatch: string | undefined;
}

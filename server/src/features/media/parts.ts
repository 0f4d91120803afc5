// The parts that the use cases of this room work with. Built once, in app.ts.
import type { Database } from '../../platform/db/index.ts';
import type { MediaService } from './media.ts';

export interface MediaParts {
  database: Database;
  media: MediaService;
  /** The URL at which callers reach this server. */
  publicUrl: string;
}

// The parts that composing works with. Built once, in app.ts.
import type { Database } from '../../../platform/db/index.ts';
import type { BoardsService } from '../../boards/index.ts';
import type { MediaService } from '../../media/index.ts';
import type { ScheduleService } from '../../schedule/index.ts';

export interface CheckParts {
  boards: BoardsService;
  media: Pick<MediaService, 'findSimilarPost'>;
  schedule: Pick<ScheduleService, 'lookAtSpacing' | 'destinationKey'>;
  /** The access level of the app at Pinterest. */
  accessLevel: 'trial' | 'standard';
}

export interface CreateParts extends CheckParts {
  database: Database;
  media: MediaService;
  schedule: ScheduleService;
}

import { route } from '../../platform/http/contract/route.ts';
import { AccountPath, accountNotFound } from '../accounts/index.ts';
import { timeslotExists, timeslotNotFound, tooManyTimeslots } from './schedule.errors.ts';
import type { ScheduleService } from './schedule.service.ts';
import {
  CreateTimeslotBody,
  DeletedTimeslotAnswer,
  RebuildAnswer,
  RebuildTimeslotsBody,
  TimeslotAnswer,
  TimeslotListAnswer,
  TimeslotPath,
  UpdateTimeslotBody,
} from './timeslots.schema.ts';

const tag = 'Timeslots';
const path = '/v1/accounts/:accountId/timeslots';

export function timeslotRoutes(schedule: ScheduleService) {
  return [
    route({
      operationId: 'listTimeslots',
      method: 'GET',
      path,
      summary: 'List the timeslots of an account',
      description: 'In the order of the week, each with its next occurrence.',
      tag,
      scope: 'posts:read',
      params: AccountPath,
      data: TimeslotListAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: async ({ caller, params }) => ({
        data: await schedule.listTimeslots(caller, params.accountId),
      }),
    }),
    route({
      operationId: 'createTimeslot',
      method: 'POST',
      path,
      summary: 'Create timeslot',
      description:
        'A time of the week at which the account likes to post. Posts that are placed already stay where they are. An account has 1,000 timeslots at most.',
      tag,
      scope: 'schedule:write',
      params: AccountPath,
      body: CreateTimeslotBody,
      data: TimeslotAnswer,
      status: 201,
      refusals: [accountNotFound, timeslotExists, tooManyTimeslots],
      handle: ({ caller, params, body, commit }) =>
        schedule.createTimeslot(caller, params.accountId, body, commit),
    }),
    route({
      operationId: 'rebuildTimeslots',
      method: 'POST',
      path: `${path}/rebuild`,
      summary: 'Replace all timeslots by a regular week',
      description:
        'So many timeslots on each of the days, evenly from the first time to the last. Timeslots that stand at one of these times already keep their id; all others go. Posts that are placed stay where they are.',
      tag,
      scope: 'schedule:write',
      params: AccountPath,
      body: RebuildTimeslotsBody,
      data: RebuildAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: ({ caller, params, body, commit }) =>
        schedule.rebuildTimeslots(caller, params.accountId, body, commit),
    }),
    route({
      operationId: 'updateTimeslot',
      method: 'PATCH',
      path: `${path}/:timeslotId`,
      summary: 'Update timeslot',
      description:
        'Fields that are left out stay as they are. Posts that are placed already stay where they are.',
      tag,
      scope: 'schedule:write',
      params: TimeslotPath,
      body: UpdateTimeslotBody,
      data: TimeslotAnswer,
      status: 200,
      refusals: [accountNotFound, timeslotNotFound, timeslotExists],
      handle: ({ caller, params, body, commit }) => schedule.updateTimeslot(caller, params, body, commit),
    }),
    route({
      operationId: 'deleteTimeslot',
      method: 'DELETE',
      path: `${path}/:timeslotId`,
      summary: 'Delete timeslot',
      description: 'Posts that are placed at it stay where they are.',
      tag,
      scope: 'schedule:write',
      params: TimeslotPath,
      data: DeletedTimeslotAnswer,
      status: 200,
      refusals: [accountNotFound, timeslotNotFound],
      handle: ({ caller, params, commit }) => schedule.deleteTimeslot(caller, params, commit),
    }),
  ];
}

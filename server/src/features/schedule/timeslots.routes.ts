import { onOnePage, route } from '../../platform/http/contract/index.ts';
import { AccountPath, accountNotFound } from '../accounts/index.ts';
import type { ScheduleParts } from './parts.ts';
import { timeslotExists, timeslotNotFound, tooManyTimeslots } from './schedule.errors.ts';
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
import {
  createTimeslot,
  deleteTimeslot,
  listTimeslots,
  rebuildTimeslots,
  updateTimeslot,
} from './use-cases/timeslots.ts';

const tag = 'Timeslots';
const path = '/v1/accounts/:accountId/timeslots';

export function timeslotRoutes(parts: ScheduleParts) {
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
      paging: onOnePage('timeslots'),
      data: TimeslotListAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: ({ context, params }) => listTimeslots(parts, context, params.accountId),
    }),
    route({
      operationId: 'createTimeslot',
      method: 'POST',
      path,
      summary: 'Create timeslot',
      description:
        'A timeslot is a time of the week at which the account publishes. Scheduled posts keep their times. An account has at most 1,000 timeslots.',
      tag,
      scope: 'schedule:write',
      params: AccountPath,
      body: CreateTimeslotBody,
      data: TimeslotAnswer,
      status: 201,
      refusals: [accountNotFound, timeslotExists, tooManyTimeslots],
      handle: ({ context, params, body }) => createTimeslot(context, params.accountId, body),
    }),
    route({
      operationId: 'rebuildTimeslots',
      method: 'POST',
      path: `${path}/rebuild`,
      summary: 'Replace all timeslots by a regular week',
      description:
        'Creates `perDay` evenly spaced timeslots between `from` and `to` on each listed day. Timeslots that are at one of these times already keep their id; all others are deleted. Scheduled posts keep their times.',
      tag,
      scope: 'schedule:write',
      params: AccountPath,
      body: RebuildTimeslotsBody,
      data: RebuildAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: ({ context, params, body }) => rebuildTimeslots(context, params.accountId, body),
    }),
    route({
      operationId: 'updateTimeslot',
      method: 'PATCH',
      path: `${path}/:timeslotId`,
      summary: 'Update timeslot',
      description: 'Omitted fields are unchanged. Scheduled posts keep their times.',
      tag,
      scope: 'schedule:write',
      params: TimeslotPath,
      body: UpdateTimeslotBody,
      data: TimeslotAnswer,
      status: 200,
      refusals: [accountNotFound, timeslotNotFound, timeslotExists],
      handle: ({ context, params, body }) => updateTimeslot(context, params, body),
    }),
    route({
      operationId: 'deleteTimeslot',
      method: 'DELETE',
      path: `${path}/:timeslotId`,
      summary: 'Delete timeslot',
      description: 'Posts that are scheduled at it keep their times.',
      tag,
      scope: 'schedule:write',
      params: TimeslotPath,
      data: DeletedTimeslotAnswer,
      status: 200,
      refusals: [accountNotFound, timeslotNotFound],
      handle: ({ context, params }) => deleteTimeslot(context, params),
    }),
  ];
}

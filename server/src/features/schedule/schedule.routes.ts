import { route } from '../../platform/http/contract/route.ts';
import { invalidQuery } from '../../platform/use-case/index.ts';
import { AccountPath, accountNotFound } from '../accounts/index.ts';
import { spacingRuleNotFound, tooManySpacingRules } from './schedule.errors.ts';
import { ScheduleAnswer, ScheduleQuery } from './schedule.schema.ts';
import type { ScheduleService } from './schedule.service.ts';
import {
  DeletedSpacingRuleAnswer,
  DeleteSpacingRuleQuery,
  PutSpacingRuleBody,
  SpacingRuleAnswer,
  SpacingRulesAnswer,
} from './spacing.schema.ts';
import { timeslotRoutes } from './timeslots.routes.ts';

const rulesTag = 'Spacing rules';
const rulesPath = '/v1/accounts/:accountId/spacing-rules';

export function scheduleRoutes(schedule: ScheduleService) {
  return [
    ...timeslotRoutes(schedule),
    route({
      operationId: 'getSchedule',
      method: 'GET',
      path: '/v1/accounts/:accountId/schedule',
      summary: 'Get the dated schedule of an account',
      description: 'What is placed, what went out or failed, and which timeslots to come are open.',
      tag: 'Schedule',
      scope: 'posts:read',
      params: AccountPath,
      query: ScheduleQuery,
      data: ScheduleAnswer,
      status: 200,
      refusals: [accountNotFound, invalidQuery],
      handle: async ({ caller, params, query }) => ({
        data: await schedule.viewSchedule(caller, params.accountId, query),
      }),
    }),
    route({
      operationId: 'listSpacingRules',
      method: 'GET',
      path: rulesPath,
      summary: 'List the spacing rules of an account',
      tag: rulesTag,
      scope: 'posts:read',
      params: AccountPath,
      data: SpacingRulesAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: async ({ caller, params }) => ({
        data: await schedule.listSpacingRules(caller, params.accountId),
      }),
    }),
    route({
      operationId: 'putSpacingRule',
      method: 'PUT',
      path: rulesPath,
      summary: 'Set a spacing rule',
      description:
        'How many days lie at least between two posts with one destination: by default, or for one url. The next open slot keeps it; a time that is given is taken all the same.',
      tag: rulesTag,
      scope: 'schedule:write',
      params: AccountPath,
      body: PutSpacingRuleBody,
      data: SpacingRuleAnswer,
      status: 200,
      refusals: [accountNotFound, tooManySpacingRules],
      handle: ({ caller, params, body, commit }) =>
        schedule.putSpacingRule(caller, params.accountId, body, commit),
    }),
    route({
      operationId: 'deleteSpacingRule',
      method: 'DELETE',
      path: rulesPath,
      summary: 'Delete a spacing rule',
      tag: rulesTag,
      scope: 'schedule:write',
      params: AccountPath,
      query: DeleteSpacingRuleQuery,
      data: DeletedSpacingRuleAnswer,
      status: 200,
      refusals: [accountNotFound, spacingRuleNotFound],
      handle: ({ caller, params, query, commit }) =>
        schedule.deleteSpacingRule(caller, params.accountId, query.url, commit),
    }),
  ];
}

// Pausing an account from inside the process, as jobs do: with a context and without HTTP.
import { expect, test } from 'vitest';
import { systemContext } from '../../../../test/context.ts';
import { account, app, useApp } from '../../../../test/use-app.ts';
import { systemActor } from '../../../platform/use-case/index.ts';
import { pauseAccount, resumeAccount } from './pause-account.ts';

useApp({ accountPer: 'file' });

test('the system pauses and resumes an account, and repeating it appends no event', async () => {
  const context = systemContext(app);
  const { accountId } = account;
  const paused = await pauseAccount(context, accountId, { onDue: 'fail' });
  expect(paused.data.account).toMatchObject({ publishing: 'paused', pausedPolicy: 'fail' });
  await pauseAccount(context, accountId, { onDue: 'fail' });
  const resumed = await resumeAccount(context, accountId);
  expect(resumed.data.account).toMatchObject({ publishing: 'active', pausedPolicy: 'fail' });
  await resumeAccount(context, accountId);
  const { events } = (await app.call('GET', '/v1/events?type=account.paused,account.resumed')).body.data;
  expect(events).toMatchObject([
    { type: 'account.paused', actor: systemActor, data: { onDue: 'fail' } },
    { type: 'account.resumed', actor: systemActor },
  ]);
});

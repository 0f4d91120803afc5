// The account behind a token.
import type { Answer } from '../wire/answers.ts';
import type { Caller } from '../wire/caller.ts';
import { type UserAccount, userAccountSchema } from './resources.ts';

export interface AccountCalls {
  getUserAccount(token: string): Promise<Answer<UserAccount>>;
}

export function accountCalls(caller: Caller): AccountCalls {
  return {
    getUserAccount: (token) =>
      caller.answer({
        operation: 'getUserAccount',
        method: 'GET',
        path: '/user_account',
        authorization: { token },
        expects: userAccountSchema,
      }),
  };
}

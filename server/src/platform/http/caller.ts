// Who is asking, as far as HTTP needs to know. The auth feature finds it out; routes pass it on.

/** What a key may be allowed to do (api.md, section 1). */
export const scopes = [
  'posts:read',
  'posts:write',
  'boards:read',
  'boards:write',
  'accounts:read',
  'accounts:write',
  'schedule:write',
  'media:write',
  'analytics:read',
  'webhooks:write',
  'keys:write',
] as const;

export type Scope = (typeof scopes)[number];

export interface Caller {
  keyId: string;
  organizationId: string;
  /** Null: all of them. */
  scopes: readonly Scope[] | null;
  /** The accounts the key is restricted to; null: every account of the organization. */
  accountIds: readonly string[] | null;
}

export function callerMay(caller: Caller, scope: Scope): boolean {
  return caller.scopes === null || caller.scopes.includes(scope);
}

export function callerSeesAccount(caller: Pick<Caller, 'accountIds'>, accountId: string): boolean {
  return caller.accountIds === null || caller.accountIds.includes(accountId);
}

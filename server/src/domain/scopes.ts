// The permissions of an API key. Each route names the scope that it needs.

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

import type { App } from '../src/app.ts';
import type { Pinterest } from '../src/pinterest/index.ts';

type CreatePin = Pinterest['createPin'];

/** Every environment as it is, but for how Pins are created there. */
export function withCreatePin(
  environments: App['pinterest'],
  replace: (createPin: CreatePin) => CreatePin,
): App['pinterest'] {
  return {
    ...environments,
    of(environment) {
      const client = environments.of(environment);
      return { ...client, createPin: replace(client.createPin) };
    },
  };
}

// The actor of a change, as responses show it: in events, in messages of webhooks and with API keys.
import { z } from 'zod';
import { actorTypes } from './actor-types.ts';

export const ActorView = z
  .object({
    type: z.enum(actorTypes).meta({
      description: '`key`: an API key. `system`: Pintail itself, for example a post published at its time.',
    }),
    id: z.string().nullable().meta({ description: 'The id of the key; null for the system.' }),
    name: z.string().meta({ description: 'The name at that time.', example: 'Spring campaign' }),
  })
  .meta({ id: 'Actor', description: 'The actor that caused the change.' });

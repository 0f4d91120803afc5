// Settings that limit how much a key, an organization or a process can use.
import { optionalNumber, type Setting, wholeNumber } from './setting.ts';

export const limitSettings = {
  MEDIA_ORGANIZATION_GB: {
    about:
      'The storage that the media of an organization can use, without thumbnails. Further media are refused until some are deleted.',
    shape: 'gigabytes, 1 to 1000000 (default: no limit)',
    schema: optionalNumber(1, 1_000_000),
  },
  API_RATE_PER_MINUTE: {
    about: 'The maximum number of requests per minute and API key, for all API processes together.',
    shape: 'a whole number from 1 to 1000000 (default 6000)',
    schema: wholeNumber(6000, 1, 1_000_000),
  },
  API_ORGANIZATION_RATE_PER_MINUTE: {
    about:
      'The maximum number of requests per minute of all API keys of an organization, for all API processes together.',
    shape: 'a whole number from 1 to 5000000 (default: five times API_RATE_PER_MINUTE)',
    schema: optionalNumber(1, 5_000_000),
  },
  API_REQUESTS_MAX: {
    about:
      'The maximum number of requests that an API process serves at a time. Further requests are refused with 503.',
    shape: 'a whole number from 1 to 100000 (default 1000)',
    schema: wholeNumber(1000, 1, 100_000),
  },
} satisfies Record<string, Setting<unknown>>;

// Finds the organization that a command acts for.
import { newId } from '../../domain/ids.ts';
import {
  findFirstOrganization,
  findOrCreateOrganization,
  firstOrganizationName,
} from '../../features/auth/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';

/** Returns the name in the option, or that of the first organization, or the default name when none exists. */
export async function organizationName(database: Database, name: string | undefined): Promise<string> {
  return name ?? (await findFirstOrganization(database.db))?.name ?? firstOrganizationName;
}

export async function organizationId(
  database: Database,
  clock: Clock,
  name: string | undefined,
): Promise<string> {
  return findOrCreateOrganization(database.db, {
    id: newId('org'),
    name: await organizationName(database, name),
    createdAt: clock.now(),
  });
}

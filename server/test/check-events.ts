// Checks every event in the database of a test app: its data must match the declaration of its type, on which callers rely.
import { eventData, timelineKeys, toVisibleData, visibleEventData } from '../src/domain/event-data.ts';
import { type EventType, eventTypes } from '../src/domain/event-types.ts';
import { type Connection, sql } from '../src/platform/db/index.ts';
import { Outage } from '../src/platform/errors.ts';

interface Event {
  type: EventType;
  data: Record<string, unknown>;
}

/** A higher number would make the end of a large test slow. */
const checkedMax = 20_000;

/** Returns a sentence for each way in which an event differs from the declaration of its type. */
export async function findEventProblems(connection: Connection): Promise<string[]> {
  return [...new Set((await readEvents(connection)).flatMap(problemsOf))];
}

async function readEvents(connection: Connection): Promise<Event[]> {
  const query = sql<Event>`
    select type, data from events where type = any(${[...eventTypes]}) order by id desc limit ${checkedMax}
  `;
  try {
    return (await query.execute(connection)).rows;
  } catch (error) {
    // The test has closed its database.
    if (error instanceof Outage) return [];
    throw error;
  }
}

function problemsOf({ type, data }: Event): string[] {
  const declared = [...Object.keys(eventData[type].shape), ...timelineKeys];
  const undeclared = Object.keys(data).filter((key) => !declared.includes(key));
  const { error } = visibleEventData[type].safeParse(toVisibleData(type, data));
  return [
    ...undeclared.map(
      (key) => `The event ${type} has a field "${key}" that domain/event-data.ts does not declare.`,
    ),
    ...(error?.issues ?? []).map(
      ({ path, message }) =>
        `The event ${type} differs from domain/event-data.ts: ${path.join('.')}: ${message}.`,
    ),
  ];
}

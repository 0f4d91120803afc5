// The forms of the switch panel. Each does one thing and leads back to the panel.

import type { FastifyInstance, FastifyReply } from 'fastify';
import { operationIds } from '../api/operations.ts';
import { ControlError } from '../control/control-error.ts';
import { faultSchema } from '../http/faults.ts';
import type { World } from '../world.ts';
import { formOf, refuseForeignForm } from './forms.ts';
import { sendPage } from './layout.ts';
import { choices, presets, switchesPage } from './switches.ts';

const messages: Record<string, string> = {
  fault: 'The fault is set.',
  clear: 'The faults are cleared.',
  settings: 'Saved.',
  clock: 'The clock was moved.',
};

export function addSwitches(app: FastifyInstance, world: World): void {
  const back = (reply: FastifyReply, done: keyof typeof messages) =>
    reply.redirect(`/switches?done=${done}`, 303);

  app.get('/switches', async (request, reply) => {
    const done = new URLSearchParams(request.url.split('?')[1] ?? '').get('done') ?? '';
    return sendPage(
      reply,
      200,
      switchesPage(world, Object.hasOwn(messages, done) ? (messages[done] ?? null) : null),
    );
  });

  app.post('/switches/fault', async (request, reply) => {
    refuseForeignForm(request);
    const form = formOf(request);
    const preset = presets.find(({ name }) => name === form.get('preset'));
    const operation = form.get('operation') ?? '';
    const times = Number(form.get('times') ?? '1');
    if (preset === undefined || (operation !== '*' && !operationIds.has(operation))) {
      throw new ControlError(400, 'There is no such fault or operation.');
    }
    const fault = faultSchema.safeParse({ ...preset.fault, operation, times });
    if (!fault.success) throw new ControlError(400, 'This is no number of calls.');
    world.faults.add([fault.data]);
    return back(reply, 'fault');
  });

  app.post('/switches/clear', async (request, reply) => {
    refuseForeignForm(request);
    world.faults.clear();
    return back(reply, 'clear');
  });

  app.post('/switches/settings', async (request, reply) => {
    refuseForeignForm(request);
    try {
      world.changeSettings(settingsFrom(formOf(request)));
    } catch {
      throw new ControlError(400, 'These switches cannot be set so.');
    }
    return back(reply, 'settings');
  });

  app.post('/switches/clock', async (request, reply) => {
    refuseForeignForm(request);
    const seconds = Number(formOf(request).get('seconds'));
    if (!Number.isFinite(seconds) || Math.abs(seconds) > 1e9) throw new ControlError(400, 'This is no time.');
    world.clock.advance(seconds * 1_000);
    world.store.keep('clockOffsetMs', world.clock.offsetMs());
    return back(reply, 'clock');
  });
}

/** `listing.order=oldest` becomes `{listing: {order: 'oldest'}}`; numbers and yes or no lose their quotes. */
function settingsFrom(form: URLSearchParams): Record<string, unknown> {
  const change: Record<string, unknown> = {};
  for (const { name } of choices) {
    const text = form.get(name);
    if (text === null) continue;
    const value = /^-?\d+$/.test(text)
      ? Number(text)
      : text === 'true'
        ? true
        : text === 'false'
          ? false
          : text;
    const [group = '', key] = name.split('.');
    change[group] = key === undefined ? value : { ...(change[group] as object | undefined), [key]: value };
  }
  return change;
}

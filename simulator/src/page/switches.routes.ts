// The forms of the switch panel. Each makes one change and redirects to the panel.
import type { FastifyInstance, FastifyReply } from 'fastify';
import { operationIds } from '../api/operations.ts';
import { ControlError } from '../ground/control-error.ts';
import { faultSchema } from '../http/faults.ts';
import type { Store } from '../store/store.ts';
import type { Switches } from '../store/switches.ts';
import { formOf, refuseForeignForm } from './forms.ts';
import { sendPage } from './layout.ts';
import { choices, type PanelParts, presets, switchesPage } from './switches.ts';

const messages: Record<string, string> = {
  fault: 'Fault set.',
  clear: 'Faults cleared.',
  settings: 'Saved.',
  clock: 'Clock moved.',
};

export interface SwitchesParts extends PanelParts, Switches {
  store: Store;
}

export function addSwitches(app: FastifyInstance, parts: SwitchesParts): void {
  const back = (reply: FastifyReply, done: keyof typeof messages) =>
    reply.redirect(`/switches?done=${done}`, 303);

  app.get('/switches', async (request, reply) => {
    const done = new URLSearchParams(request.url.split('?')[1] ?? '').get('done') ?? '';
    return sendPage(
      reply,
      200,
      switchesPage(parts, Object.hasOwn(messages, done) ? (messages[done] ?? null) : null),
    );
  });

  app.post('/switches/fault', async (request, reply) => {
    refuseForeignForm(request);
    const form = formOf(request);
    const preset = presets.find(({ name }) => name === form.get('preset'));
    const operation = form.get('operation') ?? '';
    const times = Number(form.get('times') ?? '1');
    if (preset === undefined || (operation !== '*' && !operationIds.has(operation))) {
      throw new ControlError(400, 'Unknown fault or operation.');
    }
    const fault = faultSchema.safeParse({ ...preset.fault, operation, times });
    if (!fault.success) throw new ControlError(400, 'Invalid number of calls.');
    parts.faults.add([fault.data]);
    return back(reply, 'fault');
  });

  app.post('/switches/clear', async (request, reply) => {
    refuseForeignForm(request);
    parts.faults.clear();
    return back(reply, 'clear');
  });

  app.post('/switches/settings', async (request, reply) => {
    refuseForeignForm(request);
    try {
      parts.changeSettings(settingsFrom(formOf(request)));
    } catch {
      throw new ControlError(400, 'Invalid settings.');
    }
    return back(reply, 'settings');
  });

  app.post('/switches/clock', async (request, reply) => {
    refuseForeignForm(request);
    const seconds = Number(formOf(request).get('seconds'));
    if (!Number.isFinite(seconds) || Math.abs(seconds) > 1e9)
      throw new ControlError(400, 'Invalid number of seconds.');
    parts.clock.advance(seconds * 1_000);
    parts.store.setValue('clockOffsetMs', parts.clock.offsetMs());
    return back(reply, 'clock');
  });
}

/** Converts `listing.order=oldest` to `{listing: {order: 'oldest'}}`, and texts to numbers and booleans. */
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

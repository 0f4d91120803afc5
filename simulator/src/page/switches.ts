// The switch panel: sets faults and settings with forms, and shows the newest requests.
import { operationIds } from '../api/operations.ts';
import type { Clock } from '../ground/clock.ts';
import type { Fault, FaultBook } from '../http/faults.ts';
import type { Ledger, LedgerEntry } from '../http/ledger.ts';
import type { Switches } from '../store/switches.ts';
import { type Html, html } from './html.ts';
import { page } from './layout.ts';

export interface PanelParts extends Pick<Switches, 'settings'> {
  clock: Clock;
  faults: FaultBook;
  ledger: Ledger;
}

/** Faults that the panel offers, the most harmful to a publisher first. */
export const presets = [
  {
    name: 'lost',
    title: 'Lost response: the Pin is created, the connection is reset',
    fault: { kind: 'reset', when: 'after' },
  },
  {
    name: 'error-after',
    title: 'Error 500 after the Pin is created',
    fault: { kind: 'status', when: 'after', status: 500 },
  },
  {
    name: 'error-before',
    title: 'Error 503 before anything is created',
    fault: { kind: 'status', when: 'before', status: 503 },
  },
  { name: 'torn', title: 'The response is truncated', fault: { kind: 'truncate', when: 'after' } },
  {
    name: 'slow',
    title: 'The response takes two minutes',
    fault: { kind: 'delay', when: 'after', delayMs: 120_000 },
  },
  {
    name: 'wrong-end',
    title: 'Code 2787: something went wrong on our end',
    fault: { kind: 'status', when: 'before', status: 500, code: 2787 },
  },
  {
    name: 'limit',
    title: 'Rate limit: 429',
    fault: {
      kind: 'status',
      when: 'before',
      status: 429,
      message: 'You have exceeded your rate limit.',
      headers: { 'x-ratelimit-reset': '30' },
    },
  },
  {
    name: 'down',
    title: 'Pinterest is down for ten seconds',
    fault: { kind: 'refuse', when: 'before', delayMs: 10_000 },
  },
  {
    name: 'revoked',
    title: 'The account is disconnected',
    fault: { kind: 'event', when: 'before', event: 'revokeTokens' },
  },
] as const;

export const choices = [
  { name: 'listing.order', title: 'Order of lists', values: ['newest', 'oldest', 'shuffled'] },
  { name: 'listing.delaySeconds', title: 'Seconds until a Pin is listed', values: ['0', '15', '60', '300'] },
  { name: 'text', title: 'Text of Pins', values: ['asGiven', 'normalised'] },
  { name: 'isStandard', title: 'is_standard: false', values: ['honoured', 'ignored', 'refused'] },
  { name: 'createStatus', title: 'Success of POST /pins', values: ['201', '200'] },
  { name: 'clockSkewSeconds', title: 'created_at is off by (seconds)', values: ['0', '-300', '300'] },
  { name: 'media.outcome', title: 'Processing of videos', values: ['succeeded', 'failed', 'stuck'] },
  { name: 'tokens.oldRefreshToken', title: 'Old refresh token', values: ['dies', 'lives'] },
  { name: 'limits.enabled', title: 'Rate limits', values: ['true', 'false'] },
  { name: 'limits.writesPerMinute', title: 'Writes per minute', values: ['100', '10', '1'] },
] as const;

const requestsShown = 25;

export function switchesPage(parts: PanelParts, message: string | null): Html {
  const faults = parts.faults.list();
  const body = html`<h1>Switches</h1>
<p class="meta">Make the simulator misbehave, and watch how your client reacts.
Everything here can also be set through <code>/_control</code>.</p>
${message === null ? null : html`<p class="tag">${message}</p>`}
<form class="switches" method="post" action="/switches/fault"><fieldset><legend>Set a fault</legend><div class="fields">
<label class="wide">Fault<select name="preset">${presets.map(({ name, title }) => html`<option value="${name}">${title}</option>`)}</select></label>
<label>Operation<select name="operation">${[...operationIds, '*'].map((id) => html`<option value="${id}"${selected(id === 'pins/create')}>${id === '*' ? 'any' : id}</option>`)}</select></label>
<label>Number of calls<select name="times">${['1', '2', '5', '0'].map((times) => html`<option value="${times}">${times === '0' ? 'all' : times}</option>`)}</select></label>
<p><button>Set</button></p></div></fieldset></form>
${faultsPart(faults)}
<form class="switches" method="post" action="/switches/settings"><fieldset><legend>Behavior</legend><div class="fields">
${choices.map((choice) => choicePart(parts, choice))}
<p><button>Save</button></p></div></fieldset></form>
<form class="switches" method="post" action="/switches/clock"><fieldset><legend>Time: ${parts.clock.now().toISOString()}</legend><div class="fields">
<label>Advance the simulator's clock by<select name="seconds">${clockSteps.map(([seconds, title]) => html`<option value="${seconds}">${title}</option>`)}</select></label>
<p><button>Advance</button></p></div></fieldset></form>
<h2>Newest requests</h2>${requestsPart(parts.ledger.list().slice(-requestsShown).reverse())}`;
  return page('Switches: Pinterest simulator', body);
}

const clockSteps = [
  ['60', 'a minute'],
  ['3600', 'an hour'],
  ['86400', 'a day'],
  ['2592000', '30 days'],
] as const;

function faultsPart(faults: readonly Fault[]): Html {
  if (faults.length === 0) return html`<p class="meta">No faults are set.</p>`;
  return html`<div class="scroll"><table><thead><tr><th>Fault</th><th>Operation</th><th>When</th><th>Calls</th></tr></thead><tbody>
${faults.map((fault) => html`<tr><td>${fault.kind} ${fault.status}</td><td>${fault.operation}</td><td>${fault.when}</td><td>${fault.struck} of ${fault.times === 0 ? 'all' : (fault.times ?? 1)}</td></tr>`)}
</tbody></table></div>
<form method="post" action="/switches/clear"><p><button class="quiet">Clear all faults</button></p></form>`;
}

function choicePart(parts: PanelParts, { name, title, values }: (typeof choices)[number]): Html {
  const current = currentValue(parts, name);
  // A value set through /_control that the panel does not offer is added to the list.
  const all = (values as readonly string[]).includes(current) ? values : [current, ...values];
  return html`<label>${title}<select name="${name}">${all.map((value) => html`<option value="${value}"${selected(value === current)}>${readable(value)}</option>`)}</select></label>`;
}

function currentValue(parts: PanelParts, name: string): string {
  const [group = '', key] = name.split('.');
  const settings: Record<string, unknown> = parts.settings();
  const value = settings[group];
  return String(key === undefined ? value : (value as Record<string, unknown>)[key]);
}

function requestsPart(entries: readonly LedgerEntry[]): Html {
  if (entries.length === 0) return html`<p class="empty">No requests yet.</p>`;
  return html`<div class="scroll"><table><thead><tr><th>No.</th><th>Time</th><th>Request</th><th>Status</th><th>Took</th><th>Faults</th></tr></thead><tbody>
${entries.map(
  (
    entry,
  ) => html`<tr><td>${entry.requestNumber}</td><td>${entry.at.slice(11, 19)}</td><td>${entry.method} ${entry.path}</td>
<td>${entry.status ?? (entry.answer === 'none' ? 'no answer' : '…')}</td><td>${entry.durationMs === null ? '' : `${entry.durationMs} ms`}</td><td>${entry.faults.join(', ')}</td></tr>`,
)}</tbody></table></div>`;
}

function readable(value: string): string {
  if (value === 'true') return 'on';
  return value === 'false' ? 'off' : value;
}

function selected(isSelected: boolean): Html | null {
  return isSelected ? html` selected` : null;
}

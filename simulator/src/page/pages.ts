// The pages of accounts, boards and Pins, rendered on the server.
import { zoneless } from '../api/views.ts';
import type { Clock } from '../ground/clock.ts';
import type { Addresses } from '../http/operation.ts';
import type { Account, Board, Pin, Section } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import { type Html, html, webAddress } from './html.ts';
import { page } from './layout.ts';

export interface PageData {
  store: Store;
  clock: Clock;
  addresses: Addresses;
}

const frontPinsMax = 6;
const accountsMax = 50;
const boardPinsMax = 200;

export function frontPage(parts: PageData): Html {
  const accounts = [...parts.store.rows.accounts.values()].filter(({ state }) => state !== 'deleted');
  const shown = accounts.slice(0, accountsMax).map((account) => accountPart(parts, account));
  const more = accounts.length - accountsMax;
  const body = html`<h1>Boards and Pins</h1>
<p class="meta">API at <code>${parts.addresses.url}/v5</code>. The simulator's time: ${readable(parts.clock.now().toISOString())}.</p>
${accounts.length === 0 ? html`<p class="empty">No accounts yet. Seed one with <code>POST /_control/seed</code>.</p>` : shown}
${more > 0 ? html`<p class="meta">${more} more accounts are not shown.</p>` : null}`;
  return page('Pinterest simulator', body);
}

function accountPart(parts: PageData, account: Account): Html {
  const boards = [...parts.store.rows.boards.values()].filter((board) => board.accountId === account.id);
  return html`<section><h2>${account.username}</h2>
<p class="meta">Account ${account.id} ${tag(account.environment === 'sandbox' ? 'sandbox' : null)}
${tag(account.state === 'active' ? null : account.state)}</p>
${boards.length === 0 ? html`<p class="empty">This account has no boards.</p>` : boards.map((board) => boardPart(parts, board))}</section>`;
}

function boardPart(parts: PageData, board: Board): Html {
  const pins = parts.store.pinsOfBoard(board.id);
  const newest = pins.slice(-frontPinsMax).reverse();
  return html`<h3><a href="/boards/${board.id}">${board.name}</a> ${tag(privacyOf(board))}</h3>
${pins.length === 0 ? html`<p class="meta">No Pins yet.</p>` : html`<p class="meta">${countOf(pins.length)}</p>${pinList(newest)}`}`;
}

export function boardPage(parts: PageData, board: Board): Html {
  const owner = parts.store.rows.accounts.get(board.accountId);
  const sections = [...parts.store.rows.sections.values()].filter((row) => row.boardId === board.id);
  const pins = parts.store.pinsOfBoard(board.id);
  const withoutSection = pins.filter((pin) => !sections.some(({ id }) => id === pin.boardSectionId));
  const body = html`<p class="meta"><a href="/">All boards</a> of ${owner?.username}</p>
<h1>${board.name} ${tag(privacyOf(board))}</h1>
<p class="meta">${board.description}</p>
<p class="meta">${countOf(pins.length)}. Board ${board.id}.</p>
${pins.length === 0 ? html`<p class="empty">No Pins yet. Pins published to this board appear here.</p>` : boardPins(withoutSection)}
${sections.map((section) => sectionPart(section, pins))}`;
  return page(`${board.name}: Pinterest simulator`, body);
}

function boardPins(pins: readonly Pin[]): Html {
  const newest = pins.slice(-boardPinsMax).reverse();
  const hidden = pins.length - newest.length;
  return html`${pinList(newest)}${hidden > 0 ? html`<p class="meta">${hidden} older Pins are not shown.</p>` : null}`;
}

function sectionPart(section: Section, pins: readonly Pin[]): Html {
  const own = pins.filter((pin) => pin.boardSectionId === section.id);
  return html`<h2>${section.name}</h2><p class="meta">Section ${section.id}. ${countOf(own.length)}.</p>${boardPins(own)}`;
}

function pinList(pins: readonly Pin[]): Html {
  return html`<ul class="pins">${pins.map(
    (pin) => html`<li><a class="frame" href="/pin/${pin.id}/">${pictureOf(pin)}</a>
<a class="title" href="/pin/${pin.id}/">${pin.title || 'Untitled Pin'}</a>
<span class="meta"><time datetime="${pin.createdAt}">${readable(pin.createdAt)}</time> ${tag(kindOf(pin))}</span>
${pin.link ? html`<p class="meta">${hostOf(pin.link)}</p>` : null}</li>`,
  )}</ul>`;
}

export function pinPage(parts: PageData, pin: Pin): Html {
  const board = parts.store.rows.boards.get(pin.boardId);
  const section = pin.boardSectionId === null ? undefined : parts.store.rows.sections.get(pin.boardSectionId);
  const owner = parts.store.rows.accounts.get(pin.accountId);
  const body = html`<p class="meta">${board ? html`<a href="/boards/${board.id}">${board.name}</a>` : 'Deleted board'}
${section ? html` / ${section.name}` : null}</p>
<article class="pin"><div class="frame">${pictureOf(pin)}</div>
<div><h1>${pin.title || 'Untitled Pin'}</h1>
<p class="words">${pin.description}</p>
<dl>
<dt>Link</dt><dd>${linkPart(pin.link)}</dd>
<dt>Published</dt><dd><time datetime="${pin.createdAt}">${readable(pin.createdAt)}</time></dd>
<dt>Account</dt><dd>${owner?.username}</dd>
<dt>Alt text</dt><dd>${pin.altText ?? '–'}</dd>
<dt>Source</dt><dd>${pin.sourceType}${pin.pictures.length > 1 ? `, ${pin.pictures.length} pictures` : ''}</dd>
<dt>Picture</dt><dd>${pin.pictures[0] ? `${pin.pictures[0].width} × ${pin.pictures[0].height}` : '–'}</dd>
<dt>Pin id</dt><dd>${pin.id}</dd>
<dt>Created by request</dt><dd>${pin.requestNumber}</dd>
</dl></div></article>
${pin.pictures.length > 1 ? html`<h2>All pictures</h2>${slidesOf(pin)}` : null}`;
  return page(`${pin.title || 'Untitled Pin'}: Pinterest simulator`, body);
}

function slidesOf(pin: Pin): Html {
  return html`<ul class="pins">${pin.pictures.map(
    (
      picture,
      index,
    ) => html`<li><span class="frame"><img src="/images/600x/${picture.sha256}.jpg" alt=""></span>
<span class="title">${picture.title ?? `Picture ${index + 1}`}</span>
<p class="meta">${picture.description}</p></li>`,
  )}</ul>`;
}

export function messagePage(title: string, text: string): Html {
  return page(title, html`<h1>${title}</h1><p class="empty">${text}</p>`);
}

function pictureOf(pin: Pin): Html {
  const [first] = pin.pictures;
  if (first === undefined) {
    return html`<span class="nopicture">${pin.sourceType === 'video_id' ? 'Video' : 'Product Pin, no picture'}</span>`;
  }
  return html`<img src="/images/600x/${first.sha256}.jpg" alt="${pin.altText ?? ''}" loading="lazy">`;
}

function linkPart(link: string | null): Html {
  if (link === null || link === '') return html`–`;
  const address = webAddress(link);
  return address === null ? html`${link}` : html`<a href="${address}" rel="noreferrer nofollow">${link}</a>`;
}

function hostOf(link: string): string {
  return URL.parse(link)?.hostname ?? link.slice(0, 60);
}

function tag(text: string | null): Html | null {
  return text === null ? null : html`<span class="tag">${text}</span>`;
}

function privacyOf(board: Board): string | null {
  return board.privacy === 'PUBLIC' ? null : board.privacy.toLowerCase();
}

function kindOf(pin: Pin): string | null {
  if (pin.sourceType === 'video_id') return 'video';
  if (pin.sourceType === 'pin_url') return 'product';
  return pin.pictures.length > 1 ? `${pin.pictures.length} pictures` : null;
}

function countOf(count: number): string {
  return count === 1 ? '1 Pin' : `${count} Pins`;
}

function readable(moment: string): string {
  return `${zoneless(moment).replace('T', ' ')} UTC`;
}

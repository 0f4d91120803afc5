// The control interface's views of stored rows. Tokens are never included.
import { creativeType } from '../api/views.ts';
import type { Clock } from '../ground/clock.ts';
import type { FaultBook } from '../http/faults.ts';
import type { Ledger } from '../http/ledger.ts';
import type { Addresses } from '../http/operation.ts';
import type { Pin } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import type { Switches } from '../store/switches.ts';

export interface StateParts extends Pick<Switches, 'settings'> {
  store: Store;
  clock: Clock;
  faults: FaultBook;
  ledger: Ledger;
  addresses: Addresses;
}

export function pinRecord(pin: Pin): Record<string, unknown> {
  return {
    id: pin.id,
    accountId: pin.accountId,
    boardId: pin.boardId,
    boardSectionId: pin.boardSectionId,
    title: pin.title,
    description: pin.description,
    link: pin.link,
    altText: pin.altText,
    dominantColor: pin.dominantColor,
    parentPinId: pin.parentPinId,
    aiDisclosures: pin.aiDisclosures,
    createdAt: pin.createdAt,
    shownCreatedAt: pin.shownCreatedAt,
    listedFrom: pin.listedFrom,
    sourceType: pin.sourceType,
    creativeType: creativeType(pin),
    imageSha256: pin.pictures[0]?.sha256 ?? null,
    pictures: pin.pictures,
    mediaId: pin.mediaId,
    isStandard: pin.isStandard,
    requestNumber: pin.requestNumber,
    deletedAt: pin.deletedAt,
  };
}

export function stateOf(parts: StateParts): Record<string, unknown> {
  const { rows } = parts.store;
  const accounts = [...rows.accounts.values()].map((account) => ({
    ...account,
    boards: [...rows.boards.values()]
      .filter((board) => board.accountId === account.id)
      .map((board) => ({
        ...board,
        pinCount: parts.store.pinsOfBoard(board.id).length,
        sections: [...rows.sections.values()].filter((section) => section.boardId === board.id),
      })),
    tokens: [...rows.tokens.values()]
      .filter((token) => token.accountId === account.id)
      .map(
        ({ appId, kind, scopes, accessExpiresAt, refreshExpiresAt, accessRevokedAt, refreshRevokedAt }) => ({
          app: appId,
          kind,
          scopes,
          accessExpiresAt,
          refreshExpiresAt,
          accessRevokedAt,
          refreshRevokedAt,
        }),
      ),
    spamBlock: rows.spamBlocks.get(account.id) ?? null,
  }));
  return {
    now: parts.clock.now().toISOString(),
    url: parts.addresses.url,
    apps: [...rows.apps.values()].map(({ secretFingerprint: _hidden, ...app }) => app),
    accounts,
    media: [...rows.media.values()],
    counts: {
      accounts: rows.accounts.size,
      boards: rows.boards.size,
      pins: [...rows.pins.values()].filter((pin) => pin.deletedAt === null).length,
      requests: parts.ledger.list().length,
    },
    settings: parts.settings(),
    faults: parts.faults.list(),
  };
}

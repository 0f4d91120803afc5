// What the control interface shows of the simulator's memory. Tokens are never among it.

import { creativeType } from '../api/views.ts';
import type { Pin } from '../store/model.ts';
import type { World } from '../world.ts';

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

export function stateOf(world: World): Record<string, unknown> {
  const { rows } = world.store;
  const accounts = [...rows.accounts.values()].map((account) => ({
    ...account,
    boards: [...rows.boards.values()]
      .filter((board) => board.accountId === account.id)
      .map((board) => ({
        ...board,
        pinCount: world.store.pinsOfBoard(board.id).length,
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
    now: world.clock.now().toISOString(),
    url: world.addresses.url,
    apps: [...rows.apps.values()].map(({ secretFingerprint: _kept, ...app }) => app),
    accounts,
    media: [...rows.media.values()],
    counts: {
      accounts: rows.accounts.size,
      boards: rows.boards.size,
      pins: [...rows.pins.values()].filter((pin) => pin.deletedAt === null).length,
      requests: world.ledger.list().length,
    },
    settings: world.settings(),
    faults: world.faults.list(),
  };
}

// Everything the parts of the simulator share, built once in index.ts and passed on.

import type { Clock } from './clock.ts';
import type { FaultBook } from './http/faults.ts';
import type { Ledger } from './http/ledger.ts';
import type { Limits } from './http/limits.ts';
import type { Previews } from './images/previews.ts';
import { defaultSettings, mergeSettings, type Settings } from './settings.ts';
import type { Store } from './store/store.ts';

export interface World {
  store: Store;
  clock: Clock;
  ledger: Ledger;
  faults: FaultBook;
  limits: Limits;
  previews: Previews;
  settings(): Settings;
  changeSettings(change: unknown): Settings;
  resetSettings(): void;
  /** Known once the ports are open. */
  addresses: { url: string; uploadUrl: string };
  /** Network delays of faults end early when the simulator closes. */
  closing: AbortSignal;
  /** Stops accepting connections for a while, as a host that is down. */
  goAway(milliseconds: number): void;
}

/** The switches, kept in the journal so that they outlive a restart. */
export function settingsOf(store: Store): Pick<World, 'settings' | 'changeSettings' | 'resetSettings'> {
  let settings = defaultSettings();
  try {
    settings = mergeSettings(settings, store.kept('settings') ?? {});
  } catch {
    // Written by another version of the simulator: its switches no longer exist.
  }
  return {
    settings: () => settings,
    changeSettings: (change) => {
      settings = mergeSettings(settings, change);
      store.keep('settings', settings);
      return settings;
    },
    resetSettings: () => {
      settings = defaultSettings();
    },
  };
}

// The settings in force, stored in the journal so that they survive a restart.
import { defaultSettings, mergeSettings, type Settings } from '../ground/settings.ts';
import type { Store } from './store.ts';

export interface Switches {
  settings(): Settings;
  /** Merges the change into the settings. Throws a ZodError when the result is invalid. */
  changeSettings(change: unknown): Settings;
  resetSettings(): void;
}

export function openSwitches(store: Store): Switches {
  let settings = defaultSettings();
  try {
    settings = mergeSettings(settings, store.getValue('settings') ?? {});
  } catch {
    // Written by another version of the simulator: its switches no longer exist.
  }
  return {
    settings: () => settings,
    changeSettings(change) {
      settings = mergeSettings(settings, change);
      store.setValue('settings', settings);
      return settings;
    },
    resetSettings() {
      settings = defaultSettings();
    },
  };
}

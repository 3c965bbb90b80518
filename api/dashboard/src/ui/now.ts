// The indexed block's time: what "ago" is counted from, everywhere. Nothing here asks the machine for the time.

import { createContext } from "preact";
import { useContext } from "preact/hooks";

export const Now = createContext<string | undefined>(undefined);

export function useNow(): string | undefined {
  return useContext(Now);
}

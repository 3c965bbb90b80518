// What is known of providers by their addresses, for pages whose answers have addresses alone.

import { createContext } from "preact";
import { useContext } from "preact/hooks";

export interface Known {
  name: string;
  /** Attested operator; 0: none. */
  operator: number;
}

export const Providers = createContext<Map<string, Known>>(new Map());

export function useProviders(): Map<string, Known> {
  return useContext(Providers);
}

/** The name of a provider that has one. */
export function useNameOf(): (address: string) => string | undefined {
  const known = useProviders();
  return (address) => known.get(address)?.name || undefined;
}

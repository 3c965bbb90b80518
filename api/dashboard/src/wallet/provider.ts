// The visitor's wallet, if there is one: EIP-1193, announced by EIP-6963 or put into the page. Nothing here holds a key.

import { useEffect, useState } from "preact/hooks";

export interface Eip1193 {
  request(asked: { method: string; params?: unknown[] }): Promise<unknown>;
  on?(event: string, listener: (...values: never[]) => void): void;
}

export interface Wallet {
  name: string;
  provider: Eip1193;
}

interface Announcement extends Event {
  detail?: { info?: { name?: string; uuid?: string }; provider?: Eip1193 };
}

declare global {
  interface Window {
    ethereum?: Eip1193;
  }
}

class Wallets {
  found: Wallet[] = [];
  chosen: Wallet | undefined;
  account: string | undefined;
  private listeners = new Set<() => void>();

  constructor() {
    window.addEventListener("eip6963:announceProvider", (event) => {
      const { info, provider } = (event as Announcement).detail ?? {};
      if (provider) this.add({ name: info?.name ?? "Wallet", provider });
    });
    window.dispatchEvent(new Event("eip6963:requestProvider"));
    if (window.ethereum && this.found.length === 0) this.add({ name: "Wallet", provider: window.ethereum });
  }

  private add(wallet: Wallet) {
    if (this.found.some(({ provider }) => provider === wallet.provider)) return;
    this.found = [...this.found, wallet];
    this.tell();
  }

  async connect(wallet: Wallet): Promise<void> {
    const accounts = await wallet.provider.request({ method: "eth_requestAccounts" });
    if (this.chosen !== wallet) wallet.provider.on?.("accountsChanged", (changed: string[]) => this.become(wallet, changed));
    this.become(wallet, accounts as string[]);
  }

  disconnect() {
    this.chosen = undefined;
    this.account = undefined;
    this.tell();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private become(wallet: Wallet, accounts: string[]) {
    [this.chosen, this.account] = accounts[0] ? [wallet, accounts[0]] : [undefined, undefined];
    this.tell();
  }

  private tell() {
    for (const listener of this.listeners) listener();
  }
}

export const wallets = new Wallets();

export function useWallets(): Wallets {
  const [, render] = useState(0);
  useEffect(() => wallets.subscribe(() => render((count) => count + 1)), []);
  return wallets;
}

export function same(left: string | undefined, right: string | undefined): boolean {
  return left !== undefined && left.toLowerCase() === right?.toLowerCase();
}

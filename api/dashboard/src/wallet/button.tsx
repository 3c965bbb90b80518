// The wallet in the header. Without one there is nothing: every page works for whoever only looks.

import { useState } from "preact/hooks";
import { shortAddress } from "../format";
import { link } from "../router";
import { explained } from "./send";
import { useWallets, type Wallet } from "./provider";

export function WalletButton() {
  const wallets = useWallets();
  const [failure, setFailure] = useState("");
  const connect = (wallet: Wallet) => {
    setFailure("");
    wallets.connect(wallet).catch((error: unknown) => setFailure(explained(error).said));
  };
  if (wallets.found.length === 0) return null;
  if (wallets.account) {
    return (
      <span class="wallet">
        <a href={link("delegator", wallets.account)} title={wallets.account}>{shortAddress(wallets.account)}</a>
        <button type="button" onClick={() => wallets.disconnect()}>Disconnect</button>
      </span>
    );
  }
  return (
    <span class="wallet">
      {wallets.found.map((wallet) => (
        <button key={wallet.name} type="button" onClick={() => connect(wallet)}>
          {wallets.found.length > 1 ? `Connect ${wallet.name}` : "Connect wallet"}
        </button>
      ))}
      {failure && <span role="alert" class="small">{failure}</span>}
    </span>
  );
}

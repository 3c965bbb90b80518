// What a visitor can do: delegate on a provider's page; exit, withdraw and claim in his portfolio.

import { useEffect, useState } from "preact/hooks";
import { tokens, units } from "../amount";
import { useAnswer } from "../api/answer";
import { api, data, type Schema } from "../api/client";
import { amount as shortened } from "../format";
import { Section } from "../ui/layout";
import { explained, read } from "./send";
import { same, useWallets } from "./provider";
import { Dialog, Sign } from "./sign";
import { claim, delegate, exit, sharesOf, withdraw, type Step } from "./steps";

type Chain = Schema<"Parameters">;

function useChain(): Chain | undefined {
  return useAnswer("parameters", (signal) => data(api.GET("/v1/parameters", { signal }))).value;
}

/** Whether the connected wallet is this account's. */
export function useIsOwn(account: string): boolean {
  return same(useWallets().account, account);
}

interface Purse {
  balance: bigint;
  allowance: bigint;
}

function usePurse(chain: Chain | undefined): { purse: Purse | undefined; failure: string; again: () => void } {
  const { chosen, account } = useWallets();
  const [state, setState] = useState<{ purse: Purse | undefined; failure: string }>({ purse: undefined, failure: "" });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const [flt, staking] = [chain?.contracts["Flt"], chain?.contracts["Staking"]];
    if (!chosen || !account || !flt || !staking) return;
    const both = [read(chosen.provider, flt, "balanceOf", [account]), read(chosen.provider, flt, "allowance", [account, staking])];
    Promise.all(both).then(
      ([balance = 0n, allowance = 0n]) => setState({ purse: { balance, allowance }, failure: "" }),
      (error: unknown) => setState({ purse: undefined, failure: explained(error).said }),
    );
  }, [chosen, account, chain?.chain_id, turn]);
  return { ...state, again: () => setTurn((count) => count + 1) };
}

export function Delegate({ to }: { to: Schema<"Provider"> }) {
  const { account, found } = useWallets();
  if (found.length === 0) return null;
  return (
    <Section title="Stake with it">
      {account ? <DelegateForm to={to} /> : <p class="quiet">Connect your wallet, above, to stake with {to.name || "this provider"}.</p>}
    </Section>
  );
}

function DelegateForm({ to }: { to: Schema<"Provider"> }) {
  const chain = useChain();
  const { purse, failure, again } = usePurse(chain);
  const [text, setText] = useState("");
  const [steps, setSteps] = useState<Step[]>();
  const wanted = units(text);
  const isAmount = wanted !== undefined && wanted > 0n;
  const begin = () => {
    const staking = chain?.contracts["Staking"];
    if (isAmount && purse && staking) setSteps(delegate(staking, to, wanted, purse.allowance));
  };
  const close = () => { setSteps(undefined); again(); };
  return (
    <>
      <form class="actions" onSubmit={(event) => { event.preventDefault(); begin(); }}>
        <label>
          {`Amount of FLT${purse ? `, of ${shortened(tokens(purse.balance))} in your wallet` : ""}`}
          <input type="text" inputMode="decimal" autocomplete="off" value={text} aria-invalid={text !== "" && !isAmount} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <button type="submit" class="main" disabled={!isAmount || !purse}>Delegate</button>
      </form>
      {failure && <p class="failed" role="alert">{failure}</p>}
      {steps && chain && <Dialog title={`Stake with ${to.name || "this provider"}`} onClose={close}><Sign chain={chain} steps={steps} /></Dialog>}
    </>
  );
}

interface Asked {
  title: string;
  steps: Step[];
}

/** Buttons of one row, and the dialog that they open. */
function Buttons({ offered }: { offered: { name: string; ask: () => Asked }[] }) {
  const chain = useChain();
  const [asked, setAsked] = useState<Asked>();
  return (
    <>
      {offered.map(({ name, ask }) => <button key={name} type="button" onClick={() => setAsked(ask())}>{name}</button>)}
      {asked && chain && <Dialog title={asked.title} onClose={() => setAsked(undefined)}><Sign chain={chain} steps={asked.steps} /></Dialog>}
    </>
  );
}

function isSome(exact: string): boolean {
  return Number(exact) > 0;
}

export function PositionActions({ of }: { of: Schema<"Position"> }) {
  const chain = useChain();
  const [isLeaving, setLeaving] = useState(false);
  const ask = (token: string, amount: string) => () => ({ title: "Claim income", steps: claim(of, { token: chain?.contracts[token] ?? "", amount }) });
  const offered = [
    ...(isSome(of.flt_owed) ? [{ name: "Claim FLT", ask: ask("Flt", `${of.flt_owed} FLT`) }] : []),
    ...(isSome(of.usd_owed) ? [{ name: "Claim dollars", ask: ask("Stablecoin", `${of.usd_owed} dollars`) }] : []),
  ];
  return (
    <span class="actions">
      {isSome(of.staked_flt) && <button type="button" onClick={() => setLeaving(true)}>Exit</button>}
      {chain && <Buttons offered={offered} />}
      {isLeaving && chain && <Leave of={of} chain={chain} onClose={() => setLeaving(false)} />}
    </span>
  );
}

function Leave({ of, chain, onClose }: { of: Schema<"Position">; chain: Chain; onClose: () => void }) {
  const [text, setText] = useState(of.staked_flt);
  const [steps, setSteps] = useState<Step[]>();
  const [staked, wanted] = [units(of.staked_flt) ?? 0n, units(text)];
  const isAmount = wanted !== undefined && wanted > 0n && wanted <= staked;
  const begin = () => {
    if (isAmount) setSteps(exit(of, sharesOf(wanted, staked, BigInt(of.shares)), wanted));
  };
  return (
    <Dialog title={`Leave ${of.provider_name || "this provider"}`} onClose={onClose}>
      {steps ? <Sign chain={chain} steps={steps} /> : (
        <form onSubmit={(event) => { event.preventDefault(); begin(); }}>
          <p>Stake on its way out is free after 21 days. Until then it answers for the locks of today, and for no later ones.</p>
          <div class="actions">
            <label>
              {`Amount of FLT, at most ${of.staked_flt}`}
              <input type="text" inputMode="decimal" autocomplete="off" value={text} aria-invalid={!isAmount} onInput={(event) => setText(event.currentTarget.value)} />
            </label>
            <button type="submit" class="main" disabled={!isAmount}>Continue</button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

export function ExitActions({ of, account }: { of: Schema<"Exit">; account: string }) {
  if (!of.is_matured || of.is_over || of.target != null) return null;
  const ask = () => ({ title: "Withdraw", steps: withdraw({ ...of, account }, of.day, of.amount_flt) });
  return <span class="actions"><Buttons offered={[{ name: "Withdraw", ask }]} /></span>;
}

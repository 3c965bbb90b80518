// A dialog that shows what will be signed before the wallet is asked, and what became of it.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Schema } from "../api/client";
import { Close } from "../ui/icons";
import type { Refusal } from "./abi";
import { agree, explained, mined, send, tryOut } from "./send";
import { wallets } from "./provider";
import type { Step } from "./steps";

export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
  const place = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    place.current?.showModal();
    return () => { if (opener instanceof HTMLElement) opener.focus(); };
  }, []);
  return (
    <dialog ref={place} aria-label={title} onClose={onClose}>
      <header>
        <h2>{title}</h2>
        <button type="button" aria-label="Close" onClick={() => place.current?.close()}><Close /></button>
      </header>
      {children}
    </dialog>
  );
}

type State = { is: "waiting" | "checked" | "signing" | "mining" } | { is: "done"; block: number } | { is: "refused"; why: Refusal };

const WORDS: Record<State["is"], string> = {
  waiting: "",
  checked: "Tried on the latest block: it would succeed.",
  signing: "Waiting for your signature.",
  mining: "Sent; waiting for a block.",
  done: "Done",
  refused: "",
};

interface SignProps {
  chain: Pick<Schema<"Parameters">, "chain_id" | "contracts">;
  steps: Step[];
}

export function Sign({ chain, steps }: SignProps) {
  const { states, run, isRunning } = useSigning({ chain, steps });
  const isOver = steps.length > 0 && states[steps.length - 1]?.is === "done";
  const isRefused = states.some((state) => state.is === "refused");
  return (
    <>
      <p class="quiet">{steps.length > 1 ? `Your wallet will ask for ${steps.length} signatures, one after the other:` : "Your wallet will ask for one signature:"}</p>
      <ol class="steps">
        {steps.map((step, index) => (
          <li key={step.call.name}><Shown step={step} to={chain.contracts[step.call.contract] ?? ""} /><Said state={states[index] ?? { is: "waiting" }} /></li>
        ))}
      </ol>
      {!isOver && (
        <div class="actions">
          <button type="button" class="main" disabled={isRunning} onClick={run}>{isRefused ? "Try again" : "Sign in your wallet"}</button>
        </div>
      )}
    </>
  );
}

function useSigning({ chain, steps }: SignProps) {
  const [states, setStates] = useState<State[]>(() => steps.map(() => ({ is: "waiting" })));
  const [isRunning, setRunning] = useState(false);
  const closed = useRef(new AbortController());
  useEffect(() => () => closed.current.abort(), []);
  const become = (index: number, state: State) => setStates((old) => old.map((other, place) => (place === index ? state : other)));
  const first = Math.max(0, states.findIndex((state) => state.is !== "done"));
  const shape = steps.map((step) => step.call.data).join();
  /** Runs `act` for a step with the wallet; a refusal is what becomes of the step. */
  const attempt = async (index: number, act: (step: Step, to: string) => Promise<void>) => {
    const step = steps[index];
    if (!step) return false;
    try {
      await act(step, chain.contracts[step.call.contract] ?? "");
      return true;
    } catch (error) {
      if (!closed.current.signal.aborted) become(index, { is: "refused", why: explained(error) });
      return false;
    }
  };
  useEffect(() => {
    setStates(steps.map(() => ({ is: "waiting" })));
    void attempt(0, async (step, to) => {
      const { chosen, account } = wallets;
      if (!chosen || !account) return;
      await agree(chosen.provider, chain.chain_id);
      await tryOut(chosen.provider, account, to, step.call);
      become(0, { is: "checked" });
    });
  }, [shape]);
  const run = async () => {
    const { chosen, account } = wallets;
    if (!chosen || !account) return;
    setRunning(true);
    for (let index = first; index < steps.length; index += 1) {
      const isDone = await attempt(index, async (step, to) => {
        become(index, { is: "signing" });
        await agree(chosen.provider, chain.chain_id);
        const hash = await send(chosen.provider, account, to, step.call);
        become(index, { is: "mining" });
        become(index, { is: "done", block: await mined(chosen.provider, hash, closed.current.signal) });
      });
      if (!isDone) break;
    }
    setRunning(false);
  };
  return { states, run, isRunning };
}

function Shown({ step, to }: { step: Step; to: string }) {
  return (
    <>
      <b>{step.words}</b>
      <dl>
        <dt>Contract</dt><dd>{step.call.contract} <code>{to}</code></dd>
        <dt>Function</dt><dd><code>{step.call.name}</code></dd>
        {step.call.arguments.map(({ name, value }) => (
          <><dt key={name}>{name}</dt><dd><code>{String(value)}</code>{step.shown[name] && ` ${step.shown[name]}`}</dd></>
        ))}
      </dl>
      <details><summary>Exactly what is signed</summary><code>{step.call.data}</code></details>
    </>
  );
}

function Said({ state }: { state: State }) {
  if (state.is === "refused") {
    return <p class="failed" role="alert"><b>{state.why.said}</b>{state.why.hint && ` ${state.why.hint}`}</p>;
  }
  const words = state.is === "done" ? `Done, in block ${state.block}.` : WORDS[state.is];
  return <p role="status" class="quiet">{words}</p>;
}

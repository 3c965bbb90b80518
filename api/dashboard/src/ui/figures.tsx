// One figure each: what is shown is rounded, the exact one is its title.

import { useState } from "preact/hooks";
import { amount, distance, moment, shortAddress, usd, whole } from "../format";
import { link } from "../router";
import { Copied, Copy } from "./icons";
import { useNameOf } from "./names";
import { useNow } from "./now";

export function Flt({ exact }: { exact: string }) {
  return <data value={exact} title={`${whole(exact)} FLT`} class="figure">{amount(exact)}<span class="unit"> FLT</span></data>;
}

export function Usd({ exact }: { exact: string }) {
  return <data value={exact} title={`$${whole(exact)}`} class="figure">{usd(exact)}</data>;
}

/** A time, and how far it is from the indexed block's. */
export function Time({ at }: { at: string }) {
  const now = useNow();
  const words = now ? distance(at, now) : moment(at);
  return <time dateTime={at} title={`${moment(at)} UTC`}>{words}</time>;
}

export function OptionalTime({ at, none = "–" }: { at: string | null | undefined; none?: string }) {
  return at ? <Time at={at} /> : <span class="quiet">{none}</span>;
}

const NOBODY = /^0x0{40}$/;

interface AddressProps {
  of: string;
  page?: string;
  name?: string | undefined;
  isPlain?: boolean;
  isWhole?: boolean;
}

/** An address that is copied by its button, unless it is plain, and leads to `page` where there is one about it. */
export function Address({ of, page, name, isPlain, isWhole }: AddressProps) {
  const [isCopied, setCopied] = useState(false);
  const copy = () => {
    navigator.clipboard.writeText(of).then(() => {
      setCopied(true);
      window.setTimeout(() => setCopied(false), 1_500);
    });
  };
  const nameOf = useNameOf();
  const shown = name || (page === "providers" && nameOf(of)) || (isWhole ? of : shortAddress(of));
  const leading = page ? <a href={link(page, of)} title={of}>{shown}</a> : <span title={of}>{shown}</span>;
  if (NOBODY.test(of)) return <span class="quiet">–</span>;
  if (isPlain) return <span class="address">{leading}</span>;
  return (
    <span class={isWhole ? "address whole" : "address"}>
      {leading}
      <button type="button" class="copy" onClick={copy} aria-label={`Copy ${of}`}>
        {isCopied ? <Copied /> : <Copy />}
      </button>
      <span role="status" class="unseen">{isCopied ? "Copied" : ""}</span>
    </span>
  );
}

/** One word of a state, with a colour that repeats what the word says. */
export function Badge({ word, tone }: { word: string; tone?: "good" | "bad" | "warn" | undefined }) {
  return <span class={`badge ${tone ?? ""}`}>{word}</span>;
}

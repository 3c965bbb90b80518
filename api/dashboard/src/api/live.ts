// The journal as it is written: one connection for all pages. It says when to read again, and what was rolled back.

import { useEffect, useState } from "preact/hooks";
import type { Schema } from "./client";

export type Entry = Schema<"Entry">;
export type Connection = "connecting" | "live" | "lost";

/** Entries that say something; of the others only the last is kept. */
const KEPT = 200;
/** Pages are read again at most so often after an event, */
const PULSE_MS = 2_000;
/** and so often after blocks in which nothing happened but that time passed. */
const QUIET_PULSE_MS = 15_000;

const KINDS = ["applied", "rollback", "derived"];

type Listener = () => void;

/** Worth a line of its own. */
export function isTelling(entry: Entry): boolean {
  return entry.kind === "rollback" || entry.events.length > 0;
}

class Live {
  connection: Connection = "connecting";
  entries: Entry[] = [];
  /** The last block that was read, in however quiet an entry. */
  last: Entry | undefined;
  /** Counts up when something was written and it is time to read again. */
  pulse = 0;
  private listeners = new Set<Listener>();
  private due: number | undefined;
  private timer: number | undefined;
  private source: EventSource | undefined;
  /** One after the other, in the order in which they were written. */
  private coming = Promise.resolve();

  constructor() {
    // A browser has six connections to a server for all tabs together: who does not look leaves his to others.
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.connect();
      else this.disconnect();
    });
  }

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    if (document.visibilityState === "visible") this.connect();
    return () => this.listeners.delete(listener);
  }

  private connect() {
    if (this.source) return;
    const source = new EventSource("/v1/stream");
    this.source = source;
    for (const kind of KINDS) source.addEventListener(kind, (message: MessageEvent<string>) => {
      const entry = JSON.parse(message.data) as Entry;
      this.coming = this.coming.then(() => this.come(entry));
    });
    // A browser connects again by itself, and says which entry it saw last.
    source.onopen = () => {
      // What failed meanwhile is read again, although nothing may have been written.
      if (this.connection === "lost") this.schedule(0);
      this.become("live");
    };
    source.onerror = () => this.become("lost");
  }

  private disconnect() {
    this.source?.close();
    this.source = undefined;
  }

  /** What was written while nobody looked comes first. */
  private async come(entry: Entry) {
    const seen = this.last?.seq;
    if (seen !== undefined && entry.seq > seen + 1) {
      const missed = await replay(Math.max(seen, entry.seq - KEPT), entry.seq - 1, new AbortController().signal).catch(() => []);
      for (const old of missed.reverse()) this.take(old);
    }
    this.take(entry);
  }

  private take(entry: Entry) {
    if (entry.seq <= (this.last?.seq ?? -1)) return;
    this.last = entry;
    if (isTelling(entry)) this.entries = [entry, ...this.entries].slice(0, KEPT);
    this.schedule(isTelling(entry) || entry.kind === "derived" ? PULSE_MS : QUIET_PULSE_MS);
    this.tell();
  }

  private schedule(after: number) {
    const due = performance.now() + after;
    if (this.due !== undefined && this.due <= due) return;
    window.clearTimeout(this.timer);
    this.due = due;
    this.timer = window.setTimeout(() => {
      this.due = undefined;
      this.pulse += 1;
      this.tell();
    }, after);
  }

  private become(connection: Connection) {
    this.connection = connection;
    this.tell();
  }

  private tell() {
    for (const listener of this.listeners) listener();
  }
}

const live = new Live();

/** Renders again whenever something was read or the connection changed. */
export function useLive(): Live {
  const [, render] = useState(0);
  useEffect(() => live.subscribe(() => render((count) => count + 1)), []);
  return live;
}

/** Renders again when it is time to read again. */
export function usePulse(): number {
  const [pulse, setPulse] = useState(live.pulse);
  useEffect(() => live.subscribe(() => setPulse(live.pulse)), []);
  return pulse;
}

/** The journal from `after` up to `last`, the latest first: what happened before this page was opened. */
export async function replay(after: number, last: number, signal: AbortSignal): Promise<Entry[]> {
  if (last <= after) return [];
  const answer = await fetch("/v1/stream", { headers: { "Last-Event-ID": String(after) }, signal });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  const entries: Entry[] = [];
  let text = "";
  for (let seq = after; reader && seq < last; ) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
    const messages = text.split("\n\n");
    text = messages.pop() ?? "";
    for (const message of messages) {
      const line = message.split("\n").find((part) => part.startsWith("data:"));
      if (!line) continue;
      const entry = JSON.parse(line.slice(5)) as Entry;
      seq = entry.seq;
      if (isTelling(entry)) entries.unshift(entry);
    }
  }
  await reader?.cancel();
  return entries;
}

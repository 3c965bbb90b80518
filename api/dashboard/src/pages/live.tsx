// What happens, as it happens; what a reorganisation took back is said, not hidden.

import { useMemo } from "preact/hooks";
import { useAnswer, usePages } from "../api/answer";
import { api, data, type Schema } from "../api/client";
import { replay, useLive, type Entry } from "../api/live";
import { moment, words } from "../format";
import { Badge } from "../ui/figures";
import { Section } from "../ui/layout";
import { Empty, Show } from "../ui/states";
import { List, type Column } from "../ui/table";
import { About, EVENT_COLUMNS, Said } from "./events";

const COLUMNS: Column<Schema<"Event">>[] = EVENT_COLUMNS.map((column) => (column.title === "Provider" ? { title: "About", show: (event) => <About of={event} /> } : column));

/** Journal entries that are looked back on. */
const BACK = 40;
const SHOWN = 60;

export function LivePage() {
  const live = useLive();
  const tone = live.connection === "live" ? "good" : live.connection === "lost" ? "bad" : "warn";
  // Read once: what comes after it comes by the stream.
  const before = useBefore();
  return (
    <>
      <h1>Live <Badge word={live.connection} tone={tone} /></h1>
      <p class="lead">
        Every event of every contract as it is read, and every reorganisation: what a rollback took back did not happen.
      </p>
      <p class="quiet" aria-live="off">
        {live.last ? `Block ${live.last.last_block} was read last.` : "Waiting for the next block."}
      </p>
      <Show answer={before}>{(entries) => <Journal earlier={entries} later={live.entries} />}</Show>
      <Latest />
    </>
  );
}

function Latest() {
  const pages = usePages("latest events", (cursor, signal) => data(api.GET("/v1/events", { params: { query: { limit: 25, ...(cursor ? { cursor } : {}) } }, signal })));
  return (
    <Section title="All events, the latest first">
      <List label="Events" columns={COLUMNS} pages={pages} id={(event) => `${event.block}/${event.log_index}`} nothing="Nothing happened yet." />
    </Section>
  );
}

function useBefore() {
  const load = useMemo(() => {
    let entries: Promise<Entry[]> | undefined;
    return (signal: AbortSignal) => entries ??= data(api.GET("/v1/network", { signal })).then(({ seq }) => replay(Math.max(0, seq - BACK), seq, signal));
  }, []);
  return useAnswer("journal", load);
}

function Journal({ earlier, later }: { earlier: Entry[]; later: Entry[] }) {
  const first = earlier[0]?.seq ?? 0;
  const entries = [...later.filter((entry) => entry.seq > first), ...earlier].slice(0, SHOWN);
  if (entries.length === 0) return <Empty>Blocks are read, and nothing happens in them.</Empty>;
  return <ol class="journal" aria-live="polite" aria-relevant="additions">{entries.map((entry) => <Told key={entry.seq} of={entry} />)}</ol>;
}

function Told({ of }: { of: Entry }) {
  const blocks = of.first_block === of.last_block ? `Block ${of.first_block}` : `Blocks ${of.first_block} to ${of.last_block}`;
  if (of.kind === "rollback") {
    const depth = of.last_block - of.first_block + 1;
    return (
      <li class="rollback">
        <Badge word="rolled back" tone="warn" />
        {` ${blocks}: ${depth === 1 ? "it is" : `these ${depth} are`} no part of the chain any more, and all figures are as if ${depth === 1 ? "it" : "they"} had never been.`}
      </li>
    );
  }
  const at = of.events[0]?.at;
  return (
    <li>
      <span class="block">{blocks}{at && <>, <time dateTime={at}>{`${moment(at)} UTC`}</time></>}</span>
      <ul>
        {of.events.map((event) => (
          <li key={`${event.block}/${event.log_index}`}><span>{words(event.kind)}</span><About of={event} /><Said of={event} /></li>
        ))}
      </ul>
      {of.has_more && <span class="quiet">There are more than these.</span>}
    </li>
  );
}

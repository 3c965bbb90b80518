// The frame around every page: navigation, how far the chain was read, and the page itself.

import type { ComponentType } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { useAnswer } from "./api/answer";
import { api, data, type Schema } from "./api/client";
import { useLive } from "./api/live";
import { distance, moment } from "./format";
import { Compute } from "./pages/compute";
import { DealPage } from "./pages/deal";
import { Deals } from "./pages/deals";
import { Delegator } from "./pages/delegator";
import { LivePage } from "./pages/live";
import { NetworkPage } from "./pages/network";
import { Offers } from "./pages/offers";
import { Projection } from "./pages/projection";
import { ProviderPage } from "./pages/provider";
import { Providers } from "./pages/providers";
import { useRoute, type Route } from "./router";
import { Moon, Sun } from "./ui/icons";
import { Providers as Known, type Known as KnownProvider } from "./ui/names";
import { Now } from "./ui/now";
import { Empty } from "./ui/states";
import { toggleTheme, useTheme } from "./ui/theme";
import { WalletButton } from "./wallet/button";

export interface PageProps {
  route: Route;
}

interface Page {
  title: string;
  view: ComponentType<PageProps>;
}

const PAGES: Record<string, Page> = {
  network: { title: "Network", view: NetworkPage },
  providers: { title: "Providers", view: Providers },
  offers: { title: "Offers", view: Offers },
  compute: { title: "Find compute", view: Compute },
  deals: { title: "Deals", view: Deals },
  delegator: { title: "Portfolio", view: Delegator },
  projection: { title: "Projection", view: Projection },
  live: { title: "Live", view: LivePage },
};

/** Pages about one thing, by the page that lists it. */
const DETAILS: Record<string, Page> = {
  providers: { title: "Provider", view: ProviderPage },
  deals: { title: "Deal", view: DealPage },
};

/** Behind the machine's clock by more than this the head is worth a warning; chains of our own run ahead of it. */
const LAG_SECONDS = 120;

export function App() {
  const route = useRoute();
  const network = useAnswer("network", (signal) => data(api.GET("/v1/network", { signal })));
  const page = (route.id && DETAILS[route.page]) || PAGES[route.page];
  const main = useRef<HTMLElement>(null);
  const known = useKnown();
  const shown = useRef(`${route.page}/${route.id ?? ""}`);
  useEffect(() => {
    document.title = page ? `${route.id ? `${page.title} ${route.id}` : page.title} · Surety` : "Surety";
    const now = `${route.page}/${route.id ?? ""}`;
    if (now === shown.current) return;
    shown.current = now;
    // A page that was turned begins at its top, for the eyes and for a screen reader; the first one is where it was opened.
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [route.page, route.id]);
  return (
    <Now.Provider value={network.value?.block_at}>
      <Known.Provider value={known}>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>
        Skip to content
      </a>
      <Header page={route.page} />
      <Lag network={network.value} isFailed={network.failure !== undefined} />
      <main id="main" ref={main} tabIndex={-1}>
        {page ? <page.view key={route.id ?? ""} route={route} /> : <Empty>There is no such page.</Empty>}
      </main>
      <Footer network={network.value} />
      </Known.Provider>
    </Now.Provider>
  );
}

/** The 200 providers with most stake; the others are shown by their addresses. */
function useKnown(): Map<string, KnownProvider> {
  const providers = useAnswer("known", (signal) => data(api.GET("/v1/providers", { params: { query: { limit: 200 } }, signal })));
  const items = providers.value?.items;
  return useMemo(() => new Map((items ?? []).map(({ address, name, operator }) => [address, { name, operator }])), [items]);
}

function Header({ page }: { page: string }) {
  const theme = useTheme();
  const nav = useRef<HTMLElement>(null);
  // On a phone the pages are a strip that is wider than it; scrolling into view would also move where Tab begins.
  useEffect(() => {
    const [strip, current] = [nav.current, nav.current?.querySelector<HTMLElement>("[aria-current]")];
    if (strip && current) strip.scrollLeft = current.offsetLeft - strip.offsetLeft - (strip.clientWidth - current.offsetWidth) / 2;
  }, [page]);
  return (
    <header class="top">
      <a class="brand" href="#/network"><img src="./icon.svg" alt="" width="24" height="24" />Surety</a>
      <nav aria-label="Pages" ref={nav}>
        {Object.entries(PAGES).map(([name, { title }]) => (
          <a key={name} href={`#/${name}`} aria-current={name === page ? "page" : undefined}>{title}</a>
        ))}
      </nav>
      <WalletButton />
      <button type="button" class="theme" onClick={toggleTheme} aria-label={`Use ${theme === "dark" ? "light" : "dark"} colours`}>
        {theme === "dark" ? <Sun /> : <Moon />}
      </button>
    </header>
  );
}

/** Says when what is shown may be old. */
function Lag({ network, isFailed }: { network: Schema<"Network"> | undefined; isFailed: boolean }) {
  const { connection } = useLive();
  if (isFailed) return <p class="lag" role="alert">The server does not answer. What is shown may be old.</p>;
  if (connection === "lost") {
    return <p class="lag" role="alert">The live connection is lost; it is tried again. What is shown may be old.</p>;
  }
  const behind = network ? (Date.now() - Date.parse(network.block_at)) / 1_000 : 0;
  if (!network || behind < LAG_SECONDS) return null;
  return (
    <p class="lag" role="status">
      {`Shown as of block ${network.block}, ${distance(network.block_at, new Date().toISOString())}: no later block was read.`}
    </p>
  );
}

function Footer({ network }: { network: Schema<"Network"> | undefined }) {
  return (
    <footer class="bottom">
      {network && (
        <span>
          {`Chain ${network.chain_id}, block ${network.block} `}
          <time dateTime={network.block_at}>{`${moment(network.block_at)} UTC`}</time>
        </span>
      )}
      <span>Served from this machine alone: no third party sees what you look at.</span>
      <a href="/docs/">The API behind these pages</a>
    </footer>
  );
}

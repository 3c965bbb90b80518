// Which page: the part of the address after `#`, so that every page is one file to the server.

import { useEffect, useState } from "preact/hooks";

export interface Route {
  /** First word of the path: the page. */
  page: string;
  /** Second word: what the page is about. */
  id: string | undefined;
  query: URLSearchParams;
}

export function read(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [page = "", id] = path.split("/");
  return { page: page || "network", id: id ? decodeURIComponent(id) : undefined, query: new URLSearchParams(query) };
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => read(window.location.hash));
  useEffect(() => {
    const follow = () => setRoute(read(window.location.hash));
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, []);
  return route;
}

export function link(page: string, id?: string | number, query?: Record<string, string | undefined>): string {
  const path = id === undefined ? page : `${page}/${encodeURIComponent(id)}`;
  const set = Object.entries(query ?? {}).filter((pair): pair is [string, string] => Boolean(pair[1]));
  const text = new URLSearchParams(set).toString();
  return text ? `#/${path}?${text}` : `#/${path}`;
}

/** Filters live in the address, so that a page can be sent to somebody. */
export function setQuery(changes: Record<string, string | undefined>) {
  const route = read(window.location.hash);
  for (const [name, value] of Object.entries(changes)) {
    if (value) route.query.set(name, value);
    else route.query.delete(name);
  }
  const query = Object.fromEntries(route.query);
  window.history.replaceState(null, "", link(route.page, route.id, query));
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

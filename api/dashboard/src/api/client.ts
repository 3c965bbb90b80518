// The API, typed by its own description: `schema.ts` is generated from `openapi.json`.

import createClient from "openapi-fetch";
import type { components, paths } from "../../target/schema";

export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];
export type Problem = Schema<"Problem">;

type Query<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Parameters } } }
  ? NonNullable<Parameters>
  : never;

/** What a parameter takes. A word of the address bar may be none of it: the API refuses that, and the page says so. */
export type Word<Path extends keyof paths, Name extends keyof Query<Path>> = NonNullable<Query<Path>[Name]>;

export const api = createClient<paths>({ baseUrl: window.location.origin });

/** A list's page, whatever is on it. */
export interface Page<Item> {
  items: Item[];
  next?: string | null;
  total: number;
}

/** What the server said was wrong, or why there is no server. */
export class Failure extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The data of an answer; a problem document becomes a `Failure`. */
export async function data<T>(answer: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await answer.catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new Failure(0, "The server does not answer.");
  });
  if (data !== undefined) return data;
  const problem = error as Partial<Problem> | undefined;
  throw new Failure(response.status, problem?.detail ?? `The server answered ${response.status}.`);
}

/** Up to `most` pages of a list, in one. */
export async function several<Item>(load: (cursor: string | undefined) => Promise<Page<Item>>, most: number): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < most; page += 1) {
    const found = await load(cursor);
    items.push(...found.items);
    cursor = found.next ?? undefined;
    if (!cursor) break;
  }
  return items;
}

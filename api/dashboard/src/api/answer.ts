// Reading: an answer is loading, there, or failed; one that was there stays while it is read again.

import { useEffect, useRef, useState } from "preact/hooks";
import { Failure, type Page } from "./client";
import { usePulse } from "./live";

const RETRY_MS = 5_000;

export interface Answer<T> {
  value: T | undefined;
  failure: Failure | undefined;
  isLoading: boolean;
}

/** Reads by `load` when `key` changes, and again whenever the indexer wrote something. */
export function useAnswer<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Answer<T> {
  const pulse = usePulse();
  const [answer, setAnswer] = useState<Answer<T> & { key: string }>({
    key,
    value: undefined,
    failure: undefined,
    isLoading: true,
  });
  const latest = useRef(load);
  latest.current = load;
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    let retry: number | undefined;
    setAnswer((old) => ({ ...old, key, value: old.key === key ? old.value : undefined, isLoading: true }));
    latest.current(abort.signal).then(
      (value) => abort.signal.aborted || setAnswer({ key, value, failure: undefined, isLoading: false }),
      (cause: unknown) => {
        if (abort.signal.aborted) return;
        const failure = cause instanceof Failure ? cause : new Failure(0, String(cause));
        setAnswer((old) => ({ ...old, failure, isLoading: false }));
        // A question that was wrong stays wrong; a server that was away comes back, whether or not anything is written.
        if (failure.status === 0 || failure.status >= 500) retry = window.setTimeout(() => setTries((count) => count + 1), RETRY_MS);
      },
    );
    return () => {
      window.clearTimeout(retry);
      abort.abort();
    };
  }, [key, pulse, tries]);
  return answer.key === key ? answer : { value: undefined, failure: undefined, isLoading: true };
}

export interface Pages<T> extends Answer<Page<T>> {
  /** Number of the page, from 1. */
  number: number;
  next: (() => void) | undefined;
  previous: (() => void) | undefined;
}

/** A list page by page; it begins anew when `key` changes. */
export function usePages<T>(
  key: string,
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
): Pages<T> {
  const [way, setWay] = useState<{ key: string; cursors: string[] }>({ key, cursors: [] });
  const cursors = way.key === key ? way.cursors : [];
  const cursor = cursors.at(-1);
  const answer = useAnswer(`${key} ${cursor ?? ""}`, (signal) => load(cursor, signal));
  const next = answer.value?.next;
  return {
    ...answer,
    number: cursors.length + 1,
    next: next ? () => setWay({ key, cursors: [...cursors, next] }) : undefined,
    previous: cursors.length > 0 ? () => setWay({ key, cursors: cursors.slice(0, -1) }) : undefined,
  };
}

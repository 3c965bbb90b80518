// What stands where an answer would: it is loading, there is nothing, or it failed.

import type { ComponentChildren } from "preact";
import type { Answer } from "../api/answer";

export function Loading() {
  return <div class="loading" role="status" aria-label="Loading"><span /><span /><span /></div>;
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

export function Failed({ answer }: { answer: Answer<unknown> }) {
  if (!answer.failure) return null;
  return <p class="failed" role="alert">{answer.failure.message}</p>;
}

/** Shows `children` of the answer as soon as there is one; what is shown stays while it is read again. */
export function Show<T>({ answer, children }: { answer: Answer<T>; children: (value: T) => ComponentChildren }) {
  return (
    <>
      <Failed answer={answer} />
      {answer.value !== undefined ? children(answer.value) : answer.isLoading && <Loading />}
    </>
  );
}

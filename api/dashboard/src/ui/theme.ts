// Light or dark: what the system says, until somebody chooses.

import { useEffect, useState } from "preact/hooks";

export type Theme = "light" | "dark";

const KEY = "surety-theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function current(): Theme {
  const chosen = window.localStorage.getItem(KEY);
  if (chosen === "light" || chosen === "dark") return chosen;
  return dark.matches ? "dark" : "light";
}

function apply() {
  document.documentElement.dataset["theme"] = current();
  for (const listener of listeners) listener();
}

dark.addEventListener("change", apply);
apply();

export function toggleTheme() {
  window.localStorage.setItem(KEY, current() === "dark" ? "light" : "dark");
  apply();
}

export function useTheme(): Theme {
  const [theme, setTheme] = useState(current);
  useEffect(() => {
    const follow = () => setTheme(current());
    listeners.add(follow);
    return () => void listeners.delete(follow);
  }, []);
  return theme;
}

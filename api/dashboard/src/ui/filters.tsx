// What a list is narrowed by.

import type { ComponentChildren } from "preact";

export function Filters({ children }: { children: ComponentChildren }) {
  return <form class="filters" onSubmit={(event) => event.preventDefault()}>{children}</form>;
}

interface FilterProps {
  label: string;
  value: string;
  onChange: (value: string | undefined) => void;
}

/** Takes effect when it is left, or on Enter: a list is not read for every key. */
export function NumberFilter({ label, value, onChange, most }: FilterProps & { most?: number }) {
  return (
    <label>
      {label}
      <input type="number" min={0} max={most} step="any" inputMode="decimal" value={value}
        onChange={(event) => event.currentTarget.checkValidity() && onChange(event.currentTarget.value || undefined)} />
    </label>
  );
}

export function TextFilter({ label, value, onChange, pattern, hint, isWide }: FilterProps & { pattern?: string; hint?: string; isWide?: boolean }) {
  return (
    <label class={isWide ? "wide" : ""}>
      {label}
      <input type="text" value={value} pattern={pattern} title={hint} spellcheck={false} autocomplete="off"
        onChange={(event) => event.currentTarget.reportValidity() && onChange(event.currentTarget.value || undefined)} />
    </label>
  );
}

export function ChoiceFilter({ label, value, choices, onChange }: FilterProps & { choices: [string, string][] }) {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => onChange(event.currentTarget.value || undefined)}>
        {choices.map(([choice, name]) => <option key={choice} value={choice}>{name}</option>)}
      </select>
    </label>
  );
}

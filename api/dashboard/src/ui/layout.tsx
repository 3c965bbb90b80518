// Parts of a page.

import type { ComponentChildren } from "preact";

export function Section({ title, aside, children }: {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="section" aria-label={title}>
      <header><h2>{title}</h2>{aside}</header>
      {children}
    </section>
  );
}

/** Sections beside each other where there is room; narrow ones four to a row. */
export function Grid({ isNarrow, children }: { isNarrow?: boolean; children: ComponentChildren }) {
  return <div class={isNarrow ? "grid narrow" : "grid"}>{children}</div>;
}

export function Tiles({ isLarge, children }: { isLarge?: boolean; children: ComponentChildren }) {
  return <dl class={isLarge ? "tiles large" : "tiles"}>{children}</dl>;
}

/** One figure; `note` is what it is a part of, or where it comes from. */
export function Tile({ name, note, children }: { name: string; note?: ComponentChildren; children: ComponentChildren }) {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd>{children}{note && <small class="quiet">{note}</small>}</dd>
    </div>
  );
}

type Terms = [string, ComponentChildren][];

/** Terms of one thing, one a row. */
export function Facts({ of }: { of: Terms }) {
  return (
    <dl class="facts">
      {of.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
    </dl>
  );
}

/** Facts with a title of their own, small enough to stand beside others. */
export function Card({ title, of }: { title: string; of: Terms }) {
  return <Section title={title}><Facts of={of} /></Section>;
}

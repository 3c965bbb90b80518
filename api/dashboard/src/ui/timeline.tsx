// Slots over time: a row a place, a bar a serving, marks where something happened.

import { moment, tick } from "../format";

export interface Bar {
  from: number;
  to: number;
  /** Read by a screen reader, and on hover. */
  label: string;
  /** Written into it where there is room. */
  name: string;
  tone: "serving" | "standby" | "ended" | "waiting";
  href?: string;
}

export interface Row {
  name: string;
  bars: Bar[];
}

export interface Mark {
  at: number;
  row: number;
  label: string;
}

interface TimelineProps {
  label: string;
  rows: Row[];
  marks: Mark[];
  from: number;
  to: number;
}

const ROW = 34;
const LEFT = 84;
const WIDTH = 960;
const BOTTOM = 28;
const LETTER = 8;

export function Timeline({ label, rows, marks, from, to }: TimelineProps) {
  const span = Math.max(1, to - from);
  const x = (at: number) => LEFT + ((Math.min(Math.max(at, from), to) - from) / span) * (WIDTH - LEFT - 10);
  const height = rows.length * ROW + BOTTOM;
  return (
    <div class="timeline" role="region" aria-label={label} tabIndex={0}>
      <svg viewBox={`0 0 ${WIDTH} ${height}`} role="group" aria-label={label}>
        <Ticks from={from} to={to} x={x} bottom={height - BOTTOM} />
        {rows.map((row, index) => (
          <g key={row.name}>
            <text x={0} y={index * ROW + 21}>{row.name}</text>
            {row.bars.map((bar) => <Serving key={`${bar.from}/${bar.tone}`} bar={bar} x={x} y={index * ROW + 6} />)}
          </g>
        ))}
        {marks.map((mark) => (
          <g key={`${mark.row}/${mark.at}/${mark.label}`} role="img" aria-label={mark.label}>
            <circle cx={x(mark.at)} cy={mark.row * ROW + 17} r={6} class="mark"><title>{mark.label}</title></circle>
          </g>
        ))}
      </svg>
    </div>
  );
}

function Serving({ bar, x, y }: { bar: Bar; x: (at: number) => number; y: number }) {
  const width = Math.max(4, x(bar.to) - x(bar.from));
  const shape = (
    <>
      <rect x={x(bar.from)} y={y} width={width} height={22} rx={4} class={`tone ${bar.tone}`}><title>{bar.label}</title></rect>
      {width > bar.name.length * LETTER + 12 && <text x={x(bar.from) + 8} y={y + 15} class="inside" aria-hidden="true">{bar.name}</text>}
    </>
  );
  return bar.href ? <a href={bar.href} aria-label={bar.label}>{shape}</a> : <g role="img" aria-label={bar.label}>{shape}</g>;
}

const DAY = 86_400;
const STEPS = [300, 900, 3_600, 10_800, 21_600, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 91 * DAY, 364 * DAY];
const TICKS_MAX = 8;

function Ticks({ from, to, x, bottom }: { from: number; to: number; x: (at: number) => number; bottom: number }) {
  const step = STEPS.find((step) => (to - from) / step <= TICKS_MAX) ?? 3_650 * DAY;
  const first = Math.ceil(from / step) * step;
  const ticks = Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, index) => first + index * step);
  return (
    <g class="ticks" aria-hidden="true">
      {ticks.map((at) => (
        <g key={at}>
          <line x1={x(at)} x2={x(at)} y1={0} y2={bottom} class="rail" />
          <text x={x(at)} y={bottom + 18} text-anchor={x(at) > WIDTH - 30 ? "end" : "middle"}>{tick(at, step)}<title>{moment(new Date(at * 1_000).toISOString())}</title></text>
        </g>
      ))}
    </g>
  );
}

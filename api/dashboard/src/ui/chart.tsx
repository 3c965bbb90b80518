// Lines over time, by uPlot. Its legend and its keys are ours: the arrows move along it, and what they come to is said.

import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { moment, tick } from "../format";
import { useTheme } from "./theme";

export interface Line {
  name: string;
  values: (number | null)[];
  /** Name of a colour of `style.css`. */
  colour: string;
  isArea?: boolean;
  isStepped?: boolean;
  isDashed?: boolean;
}

interface Band {
  lower: number;
  upper: number;
}

interface ChartProps {
  label: string;
  /** What the vertical axis counts. */
  unit: string;
  /** Of each point: seconds since 1970, or a number where `isTime` is false. */
  at: number[];
  lines: Line[];
  show: (value: number) => string;
  showAt?: (at: number) => string;
  isTime?: boolean;
  isLogarithmic?: boolean;
  /** The vertical axis begins at zero; otherwise where the lines do. */
  isFromZero?: boolean;
  /** Between two lines, by their places in `lines`. */
  bands?: Band[];
  height?: number;
}

export function Chart(props: ChartProps) {
  const { label, unit, at, lines, show, showAt = instant } = props;
  const [place, setPlace] = useState<number | null>(null);
  const chart = usePlot(props, setPlace);
  const shown = Math.min(place ?? at.length - 1, at.length - 1);
  const said = lines.map((line) => `${line.name} ${value(line, shown, show)}`).join(", ");
  const when = showAt(at[shown] ?? 0);
  const turn = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(at.length - 1, shown + step * (event.shiftKey ? 10 : 1)));
    setPlace(next);
    const plot = chart.plot.current;
    plot?.setCursor({ left: plot.valToPos(at[next] ?? 0, "x"), top: 0 });
  };
  return (
    <figure class="chart">
      <figcaption>
        <span class="unit">{unit}</span>
        <ul>
          {lines.map((line) => (
            <li key={line.name}>
              <i class={line.isDashed ? "dashed" : ""} style={{ color: `var(--${line.colour})` }} />
              {line.name} <b>{value(line, shown, show)}</b>
            </li>
          ))}
        </ul>
        <span class="quiet when">{when}</span>
      </figcaption>
      <div ref={chart.place} class="plot" tabIndex={0} role="slider" aria-label={`${label}, ${unit}`} aria-valuemin={0}
        aria-valuemax={Math.max(at.length - 1, 0)} aria-valuenow={Math.max(shown, 0)} aria-valuetext={`${when}: ${said}`} onKeyDown={turn} />
    </figure>
  );
}

/** Shift takes ten at once. */
const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, Home: -1e9, End: 1e9 };

function instant(seconds: number): string {
  return `${moment(new Date(seconds * 1_000).toISOString())} UTC`;
}

function value(line: Line, place: number, show: (value: number) => string): string {
  const found = line.values[place];
  return found === null || found === undefined ? "–" : show(found);
}

function usePlot(props: ChartProps, setPlace: (place: number | null) => void) {
  const { at, lines, bands, isLogarithmic, height = 240 } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const theme = useTheme();
  const shape = JSON.stringify([at, lines, bands, isLogarithmic, height, theme]);
  useEffect(() => {
    const element = place.current;
    if (!element || at.length === 0) return;
    const style = getComputedStyle(element);
    const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
    const options = { ...drawn(props, colour), width: element.clientWidth, height };
    options.hooks = { setCursor: [(chart) => setPlace(chart.cursor.idx ?? null)] };
    const data = [at, ...lines.map((line) => line.values)] as uPlot.AlignedData;
    const chart = new uPlot(options, data, element);
    plot.current = chart;
    const resize = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
    resize.observe(element);
    return () => {
      plot.current = null;
      resize.disconnect();
      chart.destroy();
    };
  }, [shape]);
  return { place, plot };
}

function drawn(props: ChartProps, colour: (name: string) => string): Omit<uPlot.Options, "width" | "height"> {
  const { lines, show, showAt, isTime = true, isLogarithmic, isFromZero, bands } = props;
  const axis = { stroke: colour("quiet"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  const along = showAt
    ? { values: (_: uPlot, ticks: number[]) => ticks.map((at) => (Number.isInteger(at) ? showAt(at) : "")), space: 70 }
    : { values: (_: uPlot, ticks: number[], __: number, ___: number, step: number) => ticks.map((at) => tick(at, step)), space: 60 };
  // Of a logarithmic axis uPlot leaves out most labels, by null.
  const up = (_: uPlot, ticks: (number | null)[]) => ticks.map((value) => (value === null ? "" : show(value)));
  return {
    scales: {
      x: { time: isTime },
      y: { distr: isLogarithmic ? 3 : 1, ...(isFromZero ? { range: (_: uPlot, __: number, most: number) => [0, most * 1.08 || 1] } : {}) },
    },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), "Etc/UTC"),
    axes: [{ ...axis, ...along, size: 28 }, { ...axis, size: 68, values: up }],
    series: [{}, ...lines.map((line) => series(line, colour))],
    bands: (bands ?? []).map(({ lower, upper }) => ({ series: [upper + 1, lower + 1], fill: colour("band") })),
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    padding: [10, 14, 0, 0],
  };
}

function series(line: Line, colour: (name: string) => string): uPlot.Series {
  const stepped = line.isStepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
  return {
    label: line.name,
    stroke: colour(line.colour),
    width: 2,
    points: { show: line.values.length < 3 },
    ...(line.isDashed ? { dash: [6, 4] } : {}),
    ...(line.isArea ? { fill: colour(`${line.colour}-area`) } : {}),
    ...(stepped ? { paths: stepped } : {}),
  };
}

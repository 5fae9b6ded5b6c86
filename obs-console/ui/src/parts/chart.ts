// Lines over time, by uPlot. Dragging over a chart narrows the window of the view to it.
import uPlot from "uplot";
import { clock, dateTime, scale, withUnit } from "../format";
import { change } from "../location";
import { FONT } from "./canvas";
import { colours } from "../theme";
import { between } from "../window";

export interface Series {
  name: string;
  values: (number | null)[];
  tone: "accent" | "bad" | "warn" | "s1" | "s2" | "s3" | "s4" | "s5" | "s6";
  dash?: number[];
  isFilled?: boolean;
}

export interface ChartSpec {
  title: string;
  from: string;
  step: number;
  unit: string;
  series: Series[];
}

const HEIGHT = 180;
const COLOURS = ["accent", "bad", "warn", "s1", "s2", "s3", "s4", "s5", "s6", "line", "muted"] as const;

export class Chart extends HTMLElement {
  #spec: ChartSpec | null = null;
  #plot: uPlot | null = null;
  #shape = "";
  #legend = document.createElement("p");
  #host = document.createElement("div");
  #observer = new ResizeObserver(() => this.#resize());
  #onTheme = (): void => this.#rebuild();

  set spec(spec: ChartSpec) {
    this.#spec = spec;
    if (!this.isConnected) return;
    // New values of the same series move the lines; only other series need another plot.
    const shape = JSON.stringify([spec.unit, spec.series.map(({ name, tone }) => [name, tone])]);
    if (this.#plot && shape === this.#shape) this.#update(spec);
    else this.#rebuild();
    this.#shape = shape;
  }

  connectedCallback(): void {
    if (!this.#host.isConnected) {
      this.#host.className = "plot";
      this.#host.setAttribute("role", "img");
      this.#legend.className = "legend";
      this.append(this.#legend, this.#host);
    }
    this.#observer.observe(this);
    addEventListener("obs-theme", this.#onTheme);
    this.#rebuild();
  }

  disconnectedCallback(): void {
    this.#observer.disconnect();
    removeEventListener("obs-theme", this.#onTheme);
    this.#plot?.destroy();
    this.#plot = null;
  }

  #update(spec: ChartSpec): void {
    this.#plot?.setData(data(spec));
    this.#describe(null);
  }

  #rebuild(): void {
    const spec = this.#spec;
    this.#plot?.destroy();
    this.#plot = null;
    if (!spec || this.clientWidth === 0) return;
    this.#plot = new uPlot(this.#options(spec), data(spec), this.#host);
    this.#describe(null);
  }

  #resize(): void {
    if (!this.#plot) this.#rebuild();
    else if (this.#plot.width !== this.clientWidth) this.#plot.setSize({ width: this.clientWidth, height: HEIGHT });
  }

  #options(spec: ChartSpec): uPlot.Options {
    const colour = colours(...COLOURS);
    const axis: uPlot.Axis = {
      stroke: colour.muted,
      font: FONT,
      grid: { stroke: colour.line, width: 1 },
      ticks: { show: false },
    };
    return {
      width: this.clientWidth,
      height: HEIGHT,
      padding: [10, 8, 0, 0],
      legend: { show: false },
      cursor: { points: { size: 6 }, y: false, drag: { x: true, y: false, setScale: false } },
      scales: { x: { time: true }, y: { range: (_, low, high) => [Math.min(0, low ?? 0), top(high)] } },
      axes: [
        { ...axis, size: 28, values: (_, ticks) => ticks.map((tick) => clock(tick * 1000).slice(0, 5)) },
        { ...axis, size: 62, values: (_, ticks) => ticks.map((tick) => scale(withUnit(tick, spec.unit))) },
      ],
      series: [{}, ...spec.series.map((series) => line(series, colour[series.tone]))],
      hooks: {
        setCursor: [(plot) => this.#describe(plot.cursor.idx ?? null)],
        setSelect: [(plot) => this.#select(plot)],
      },
    };
  }

  #select(plot: uPlot): void {
    if (plot.select.width < 4) return;
    const from = plot.posToVal(plot.select.left, "x");
    const to = plot.posToVal(plot.select.left + plot.select.width, "x");
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    change(between(from * 1000, to * 1000));
  }

  /** The values at a place, or the newest ones. */
  #describe(at: number | null): void {
    const spec = this.#spec;
    if (!spec) return;
    const entries = spec.series.map(({ name, values, tone }) => {
      const index = at ?? values.findLastIndex((value) => value !== null);
      return { name, tone, value: withUnit(values[index] ?? null, spec.unit) };
    });
    const time = at === null ? "newest" : clock(Date.parse(spec.from) + at * spec.step * 1000);
    this.#legend.replaceChildren(...entries.map(({ name, tone, value }) => key(name, tone, value)), note(time));
    const words = entries.map(({ name, value }) => `${name} ${value}`).join(", ");
    if (at === null) this.#host.setAttribute("aria-label", `${spec.title}, from ${dateTime(spec.from)}: newest values: ${words}`);
  }
}

function top(high: number | null): number {
  return high && high > 0 ? high * 1.08 : 1;
}

function line(series: Series, stroke: string): uPlot.Series {
  return {
    label: series.name,
    stroke,
    width: 1.5,
    spanGaps: false,
    points: { show: false },
    ...(series.dash ? { dash: series.dash } : {}),
    ...(series.isFilled ? { fill: `${stroke}22` } : {}),
  };
}

function data(spec: ChartSpec): uPlot.AlignedData {
  const start = Date.parse(spec.from) / 1000;
  const length = Math.max(0, ...spec.series.map(({ values }) => values.length));
  const times = Array.from({ length }, (_, at) => start + at * spec.step);
  return [times, ...spec.series.map(({ values }) => values)];
}

function key(name: string, tone: string, value: string): HTMLElement {
  const item = document.createElement("span");
  const swatch = document.createElement("i");
  const number = document.createElement("b");
  swatch.className = `swatch ${tone}`;
  number.textContent = value;
  item.append(swatch, `${name} `, number);
  return item;
}

function note(words: string): HTMLElement {
  const item = document.createElement("span");
  item.className = "note";
  item.textContent = words;
  return item;
}

customElements.define("obs-chart", Chart);

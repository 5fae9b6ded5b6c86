// Charts of the size of a word.
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { duration, rate } from "../format";

type Numbers = (number | null)[];

const WIDTH = 120;
const HEIGHT = 22;

/** The course of a rate with its errors below, scaled to the larger one. */
export function spark(values: Numbers, errors: Numbers): TemplateResult {
  const top = Math.max(1e-9, ...values.map((value) => value ?? 0));
  const last = [...values].reverse().find((value) => value !== null) ?? null;
  const title = `Rate over the window: at most ${rate(top < 1e-8 ? 0 : top)}, at the end ${rate(last)}`;
  return html`<svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" width=${WIDTH} height=${HEIGHT} role="img" aria-label=${title}>
    <path class="area" d=${area(values, top)}></path>
    <path class="line" d=${stroke(values, top)}></path>
    ${errors.some((value) => value) ? svg`<path class="errors" d=${area(errors, top)}></path>` : nothing}
  </svg>`;
}

/** Counts as bars. */
export function bars(values: number[], title: string): TemplateResult {
  const top = Math.max(1, ...values);
  const width = WIDTH / Math.max(1, values.length);
  return html`<svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" width=${WIDTH} height=${HEIGHT} role="img" aria-label=${title}>
    ${values.map((value, at) => {
      const height = value === 0 ? 0 : Math.max(2, (value / top) * (HEIGHT - 1));
      return svg`<rect class="errors" x=${at * width} y=${HEIGHT - height} width=${Math.max(0.5, width - 0.6)} height=${height}></rect>`;
    })}
    <path class="base" d="M0 ${HEIGHT - 0.5}H${WIDTH}"></path>
  </svg>`;
}

function points(values: Numbers, top: number): [number, number][][] {
  const runs: [number, number][][] = [[]];
  values.forEach((value, at) => {
    if (value === null) {
      if (runs.at(-1)?.length) runs.push([]);
      return;
    }
    const x = values.length > 1 ? (at / (values.length - 1)) * WIDTH : WIDTH;
    runs.at(-1)?.push([round(x), round(HEIGHT - 1 - (value / top) * (HEIGHT - 3))]);
  });
  return runs.filter((run) => run.length > 0);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function stroke(values: Numbers, top: number): string {
  return points(values, top).map((run) => `M${run.map(([x, y]) => `${x} ${y}`).join("L")}`).join("");
}

function area(values: Numbers, top: number): string {
  return points(values, top)
    .map((run) => `M${run[0]?.[0]} ${HEIGHT}L${run.map(([x, y]) => `${x} ${y}`).join("L")}L${run.at(-1)?.[0]} ${HEIGHT}Z`)
    .join("");
}

// All ranges of a table have one logarithmic axis, so that they can be compared: 100 µs to 100 s.
const LEAST = -4;
const DECADES = 6;

function place(seconds: number): number {
  const part = (Math.log10(Math.max(seconds, 1e-9)) - LEAST) / DECADES;
  return round(Math.max(0, Math.min(1, part)) * (WIDTH - 4) + 2);
}

/** Median, 95th and 99th percentile on a logarithmic axis. */
export function range(p50: number | null, p95: number | null, p99: number | null): TemplateResult {
  const isKnown = p50 !== null && p99 !== null;
  const title = isKnown ? `p50 ${duration(p50)}, p95 ${duration(p95)}, p99 ${duration(p99)}` : "no latency known";
  const decades = Array.from({ length: DECADES - 1 }, (_, at) => place(10 ** (LEAST + at + 1)));
  return html`<svg class="range" viewBox="0 0 ${WIDTH} 16" width=${WIDTH} height="16" role="img" aria-label=${title}>
    <path class="grid" d=${decades.map((x) => `M${x} 2V14`).join("")}></path>
    ${isKnown ? svg`<path class="whole" d="M${place(p50)} 8H${place(p99)}"></path>
      ${p95 === null ? nothing : svg`<path class="most" d="M${place(p50)} 8H${place(p95)}"></path>`}
      <circle class="median" cx=${place(p50)} cy="8" r="3"></circle>
      <path class="end" d="M${place(p99)} 4V12"></path>` : nothing}
  </svg>`;
}

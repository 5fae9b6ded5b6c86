// Latency over time: each field is a bucket of the histogram in a step of time; dots are requests with a trace.
import { clock, count, duration, scale } from "../format";
import { change, go } from "../location";
import { colours } from "../theme";
import type { Heatmap } from "../types";
import { between } from "../window";
import { FONT, Painted, clockStep } from "./canvas";
import { traceHref } from "./common";

const LEFT = 62;
const BOTTOM = 22;
const DOT = 4;
const REACH = 10;

interface Dot {
  x: number;
  y: number;
  trace: string;
  span: string;
  value: number;
  at: number;
}

export class HeatmapChart extends Painted {
  #map: Heatmap | null = null;
  #dots: Dot[] = [];
  #near: Dot | null = null;
  #drag: { from: number; to: number } | null = null;
  #tip = document.createElement("p");
  #size: [width: number, height: number] = [1, 1];
  #rows: [low: number, high: number] = [0, 1];

  set map(map: Heatmap) {
    this.#map = map;
    this.#rows = shown(map);
    const total = map.counts.reduce((sum, column) => sum + column.reduce((all, value) => all + value, 0), 0);
    this.canvas.setAttribute("aria-label", `Latency heatmap: ${count(total)} requests, ${map.exemplars.length} with a trace; the table below has them`);
    this.paint();
  }

  protected build(): void {
    this.canvas.setAttribute("role", "img");
    this.#tip.className = "tip";
    this.append(this.canvas, this.#tip);
    this.#describe(null);
    this.canvas.addEventListener("pointermove", (event) => this.#move(event));
    this.canvas.addEventListener("pointerleave", () => this.#move(null));
    this.canvas.addEventListener("pointerdown", (event) => this.#down(event));
    this.canvas.addEventListener("pointerup", (event) => this.#up(event));
  }

  protected draw(context: CanvasRenderingContext2D, width: number, height: number): void {
    const map = this.#map;
    if (!map) return;
    this.#size = [width, height];
    const colour = colours("heat-0", "heat-1", "heat-2", "heat-3", "heat-4", "line", "muted", "accent", "surface", "bad");
    const scale = [colour["heat-0"], colour["heat-1"], colour["heat-2"], colour["heat-3"], colour["heat-4"]];
    this.#fields(context, map, scale);
    this.#axes(context, map, colour.line, colour.muted);
    this.#place(map);
    for (const dot of this.#dots) paintDot(context, dot, dot === this.#near, colour.surface, colour.bad);
    if (this.#drag) {
      context.fillStyle = `${colour.accent}33`;
      context.fillRect(Math.min(this.#drag.from, this.#drag.to), 0, Math.abs(this.#drag.to - this.#drag.from), height - BOTTOM);
    }
  }

  #fields(context: CanvasRenderingContext2D, map: Heatmap, scale: string[]): void {
    const [width, height] = this.#size;
    const [low, high] = this.#rows;
    const most = Math.max(1, ...map.counts.map((column) => Math.max(0, ...column)));
    const across = (width - LEFT) / Math.max(1, map.counts.length);
    const down = (height - BOTTOM) / (high - low);
    map.counts.forEach((column, at) => {
      for (let bucket = low; bucket < high; bucket += 1) {
        const value = column[bucket] ?? 0;
        if (value === 0) continue;
        // By the logarithm: a single slow request must be visible beside ten thousand fast ones.
        const part = Math.log1p(value) / Math.log1p(most);
        context.fillStyle = scale[Math.min(4, Math.floor(part * 5))] ?? "";
        context.fillRect(LEFT + at * across, height - BOTTOM - (bucket - low + 1) * down, Math.max(1, across - 0.5), Math.max(1, down - 0.5));
      }
    });
  }

  #axes(context: CanvasRenderingContext2D, map: Heatmap, line: string, muted: string): void {
    const [width, height] = this.#size;
    const [low, high] = this.#rows;
    context.font = FONT;
    context.fillStyle = muted;
    context.strokeStyle = line;
    context.textBaseline = "middle";
    context.textAlign = "right";
    const down = (height - BOTTOM) / (high - low);
    const every = Math.ceil(18 / down);
    for (let bucket = low; bucket < high; bucket += every) {
      const y = height - BOTTOM - (bucket - low + 1) * down;
      const bound = map.bounds[bucket] ?? null;
      context.fillText(bound === null ? "more" : scale(duration(bound)), LEFT - 6, Math.max(7, y));
    }
    const start = Date.parse(map.from) / 1000;
    const length = map.counts.length * map.step;
    const step = clockStep(length, (width - LEFT) / 80);
    context.textAlign = "center";
    for (let time = Math.ceil(start / step) * step; time < start + length; time += step) {
      const x = LEFT + ((time - start) / length) * (width - LEFT);
      if (x < LEFT + 18 || x > width - 18) continue;
      context.fillText(clock(time * 1000).slice(0, step < 60 ? 8 : 5), x, height - BOTTOM / 2);
    }
    context.beginPath();
    context.moveTo(LEFT, height - BOTTOM + 0.5);
    context.lineTo(width, height - BOTTOM + 0.5);
    context.stroke();
  }

  #place(map: Heatmap): void {
    const [width, height] = this.#size;
    const [low, high] = this.#rows;
    const start = Date.parse(map.from);
    const length = map.counts.length * map.step * 1000;
    const down = (height - BOTTOM) / (high - low);
    this.#dots = map.exemplars.flatMap((exemplar) => {
      const at = Date.parse(exemplar.at);
      const part = (at - start) / length;
      if (!(part >= 0 && part <= 1)) return [];
      const row = within(map.bounds, exemplar.value) - low;
      return [{ x: LEFT + part * (width - LEFT), y: height - BOTTOM - row * down, trace: exemplar.trace_id, span: exemplar.span_id, value: exemplar.value, at }];
    });
  }

  #move(event: PointerEvent | null): void {
    if (event && this.#drag) this.#drag.to = Math.max(LEFT, event.offsetX);
    const near = event ? this.#nearest(event.offsetX, event.offsetY) : null;
    this.canvas.classList.toggle("pointing", near !== null);
    this.#near = near;
    this.#describe(event);
    this.paint();
  }

  #nearest(x: number, y: number): Dot | null {
    const far = (dot: Dot): number => Math.hypot(dot.x - x, dot.y - y);
    const close = this.#dots.filter((dot) => far(dot) <= REACH);
    return close.sort((a, b) => far(a) - far(b))[0] ?? null;
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0 || event.offsetX < LEFT) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.#drag = { from: event.offsetX, to: event.offsetX };
  }

  #up(event: PointerEvent): void {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag || !this.#map) return;
    const near = this.#nearest(event.offsetX, event.offsetY);
    if (Math.abs(drag.to - drag.from) >= 6) change(between(this.#time(drag.from), this.#time(drag.to)));
    else if (near) go(traceHref(near.trace, near.span));
    this.paint();
  }

  #time(x: number): number {
    const map = this.#map;
    if (!map) return 0;
    return Date.parse(map.from) + ((x - LEFT) / (this.#size[0] - LEFT)) * map.counts.length * map.step * 1000;
  }

  #describe(event: PointerEvent | null): void {
    const map = this.#map;
    if (this.#near) {
      this.#tip.textContent = `${duration(this.#near.value)} at ${clock(this.#near.at, true)}: click to open its trace`;
    } else if (event && map && event.offsetX > LEFT) {
      this.#tip.textContent = this.#field(map, event.offsetX, event.offsetY);
    } else {
      this.#tip.textContent = "Each dot is a request with its trace. Drag over a part to look closer.";
    }
  }

  #field(map: Heatmap, x: number, y: number): string {
    const [low, high] = this.#rows;
    const column = Math.floor(((x - LEFT) / (this.#size[0] - LEFT)) * map.counts.length);
    const plot = this.#size[1] - BOTTOM;
    const bucket = low + Math.min(high - low - 1, Math.max(0, Math.floor(((plot - y) / plot) * (high - low))));
    const value = map.counts[column]?.[bucket] ?? 0;
    const bounds = `${duration(map.bounds[bucket - 1] ?? 0)} to ${map.bounds[bucket] ? duration(map.bounds[bucket]) : "more"}`;
    return `${clock(Date.parse(map.from) + column * map.step * 1000)}: ${count(value)} requests of ${bounds}`;
  }
}

function paintDot(context: CanvasRenderingContext2D, dot: Dot, isNear: boolean, ring: string, fill: string): void {
  context.beginPath();
  context.arc(dot.x, dot.y, isNear ? DOT + 2 : DOT, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = ring;
  context.stroke();
  context.lineWidth = 1;
}

/** The buckets that have something in them, with one more on both sides. */
function shown(map: Heatmap): [number, number] {
  let low = map.bounds.length;
  let high = 0;
  for (const column of map.counts) {
    column.forEach((value, bucket) => {
      if (value === 0) return;
      low = Math.min(low, bucket);
      high = Math.max(high, bucket);
    });
  }
  if (low > high) return [0, Math.max(1, map.bounds.length)];
  return [Math.max(0, low - 1), Math.min(Math.max(1, map.bounds.length), high + 2)];
}

/** The place of a value among the buckets: the bucket's number and how far it is within it. */
function within(bounds: (number | null)[], value: number): number {
  const found = bounds.findIndex((bound) => bound === null || value <= bound);
  const bucket = found === -1 ? bounds.length - 1 : found;
  const low = bounds[bucket - 1] ?? 0;
  const high = bounds[bucket] ?? value;
  return bucket + (high > low ? Math.max(0, Math.min(1, (value - low) / (high - low))) : 0.5);
}

customElements.define("obs-heatmap", HeatmapChart);

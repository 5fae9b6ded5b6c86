// The rail of time above a page: what the service did in the window. Dragging over it narrows the window.
import { clock, rate } from "../format";
import { change } from "../location";
import { colours } from "../theme";
import type { EndpointRow } from "../types";
import { between } from "../window";
import { FONT, Painted, clockStep } from "./canvas";

export interface RailData {
  from: number;
  step: number;
  rates: number[];
  errors: number[];
}

/** The sum of what the endpoints of the service answered. */
export function railOf(rows: EndpointRow[]): RailData | null {
  const own = rows.filter((row) => row.kind === "server" && row.spark.rate.length > 0);
  const first = own[0];
  if (!first) return null;
  const length = Math.max(...own.map((row) => row.spark.rate.length));
  const sum = (key: "rate" | "errors"): number[] =>
    Array.from({ length }, (_, at) => own.reduce((all, row) => all + (row.spark[key][at] ?? 0), 0));
  return { from: Date.parse(first.spark.from), step: first.spark.step, rates: sum("rate"), errors: sum("errors") };
}

const AXIS = 16;

export class Rail extends Painted {
  #data: RailData | null = null;
  #drag: { from: number; to: number } | null = null;
  #at: number | null = null;
  #note = document.createElement("span");

  set data(data: RailData | null) {
    this.#data = data;
    const rates = data?.rates ?? [];
    this.canvas.setAttribute("aria-label", `Requests over the window: at most ${rate(Math.max(0, ...rates))}, at the end ${rate(rates.at(-1) ?? null)}`);
    this.paint();
  }

  protected build(): void {
    this.canvas.setAttribute("role", "img");
    this.#note.className = "rail-note";
    this.append(this.canvas, this.#note);
    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.canvas.setPointerCapture(event.pointerId);
      this.#drag = { from: event.offsetX, to: event.offsetX };
    });
    this.canvas.addEventListener("pointermove", (event) => {
      this.#at = event.offsetX;
      if (this.#drag) this.#drag.to = event.offsetX;
      this.paint();
    });
    this.canvas.addEventListener("pointerleave", () => {
      this.#at = null;
      this.paint();
    });
    this.canvas.addEventListener("pointerup", () => this.#drop());
  }

  protected draw(context: CanvasRenderingContext2D, width: number, height: number): void {
    const data = this.#data;
    const colour = colours("accent", "bad", "muted", "line");
    const plot = height - AXIS;
    context.fillStyle = colour.line;
    context.fillRect(0, plot, width, 1);
    if (!data) return;
    const top = Math.max(1e-9, ...data.rates);
    columns(context, data.rates, top, width, plot, `${colour.accent}66`);
    columns(context, data.errors, top, width, plot, colour.bad);
    this.#ticks(context, data, width, height, colour.muted);
    if (this.#drag) {
      context.fillStyle = `${colour.accent}33`;
      context.fillRect(Math.min(this.#drag.from, this.#drag.to), 0, Math.abs(this.#drag.to - this.#drag.from), plot);
    } else if (this.#at !== null) {
      context.fillStyle = colour.muted;
      context.fillRect(Math.round(this.#at), 0, 1, plot);
    }
    this.#describe(data, width);
  }

  #ticks(context: CanvasRenderingContext2D, data: RailData, width: number, height: number, muted: string): void {
    const length = data.rates.length * data.step;
    const start = data.from / 1000;
    const step = clockStep(length, width / 90);
    context.font = FONT;
    context.fillStyle = muted;
    context.textAlign = "center";
    context.textBaseline = "bottom";
    for (let time = Math.ceil(start / step) * step; time < start + length; time += step) {
      const x = ((time - start) / length) * width;
      if (x < 24 || x > width - 24) continue;
      context.fillRect(Math.round(x), height - AXIS, 1, 4);
      context.fillText(clock(time * 1000).slice(0, step < 60 ? 8 : 5), x, height);
    }
  }

  #describe(data: RailData, width: number): void {
    const at = this.#at === null ? data.rates.length - 1 : Math.floor((this.#at / width) * data.rates.length);
    const time = this.#at === null ? "newest" : clock(data.from + at * data.step * 1000);
    const errors = data.errors[at] ?? 0;
    this.#note.textContent = `${time}: ${rate(data.rates[at] ?? null)}${errors > 0 ? `, ${rate(errors)} failed` : ""}`;
  }

  #drop(): void {
    const drag = this.#drag;
    this.#drag = null;
    const data = this.#data;
    if (drag && data && Math.abs(drag.to - drag.from) >= 6) {
      const time = (x: number): number => data.from + (x / this.canvas.clientWidth) * data.rates.length * data.step * 1000;
      change(between(time(drag.from), time(drag.to)));
    }
    this.paint();
  }
}

function columns(context: CanvasRenderingContext2D, values: number[], top: number, width: number, plot: number, fill: string): void {
  const each = width / Math.max(1, values.length);
  context.fillStyle = fill;
  values.forEach((value, at) => {
    if (value <= 0) return;
    const height = Math.max(1, (value / top) * (plot - 2));
    context.fillRect(at * each, plot - height, Math.max(1, each - (each > 4 ? 1 : 0)), height);
  });
}

customElements.define("obs-rail", Rail);

// The bars of a waterfall, painted for the rows that can be seen.
import { duration, scale } from "../format";
import { FONT, steps } from "./canvas";
import type { Row, SpanRow } from "./tree";

export interface Scene {
  rows: Row[];
  first: number;
  end: number;
  /** How far the first row's upper edge is above the canvas. */
  above: number;
  rowHeight: number;
  width: number;
  height: number;
  /** The part of the trace that is shown, in seconds from its start. */
  from: number;
  to: number;
  selected: string | null;
  critical: ReadonlySet<string>;
  colourOf: (service: string) => string;
  colour: Record<"line" | "muted" | "ink" | "bad" | "warn" | "accent" | "select" | "surface", string>;
}

const BAR = 10;

export function paintBars(context: CanvasRenderingContext2D, scene: Scene): void {
  grid(context, scene);
  context.font = FONT;
  context.textBaseline = "middle";
  for (let at = scene.first; at < scene.end; at += 1) {
    const row = scene.rows[at];
    if (!row) continue;
    const top = at * scene.rowHeight - scene.above;
    if (row.id === scene.selected) {
      context.fillStyle = scene.colour.select;
      context.fillRect(0, top, scene.width, scene.rowHeight);
    }
    if (row.kind === "span") bar(context, scene, row, top);
    else dot(context, scene, row.offset, row.line.level, top);
  }
}

function place(scene: Scene, offset: number): number {
  return ((offset - scene.from) / Math.max(1e-9, scene.to - scene.from)) * scene.width;
}

function grid(context: CanvasRenderingContext2D, scene: Scene): void {
  context.fillStyle = scene.colour.line;
  for (const offset of ticks(scene)) context.fillRect(Math.round(place(scene, offset)), 0, 1, scene.height);
}

/** The round offsets of an axis. */
function ticks(scene: Pick<Scene, "from" | "to" | "width">): number[] {
  const step = steps(scene.to - scene.from, scene.width / 90);
  const first = Math.ceil(scene.from / step);
  const many = Math.min(64, Math.floor(scene.to / step) - first + 1);
  return Array.from({ length: Math.max(0, many) }, (_, at) => (first + at) * step);
}

function bar(context: CanvasRenderingContext2D, scene: Scene, { span, id }: SpanRow, top: number): void {
  const left = place(scene, span.offset);
  const right = Math.max(left + 2, place(scene, span.offset + span.duration));
  if (right < 0 || left > scene.width) return;
  const y = top + (scene.rowHeight - BAR) / 2;
  const start = Math.max(-2, left);
  const width = Math.min(scene.width + 2, right) - start;
  context.fillStyle = scene.colourOf(span.service);
  context.globalAlpha = span.is_running ? 0.45 : 1;
  context.fillRect(start, y, width, BAR);
  context.globalAlpha = 1;
  if (scene.critical.has(id)) {
    context.fillStyle = scene.colour.ink;
    context.fillRect(start, y + BAR + 1, width, 2);
  }
  if (span.status === "error") {
    context.strokeStyle = scene.colour.bad;
    context.lineWidth = 2;
    context.strokeRect(start, y - 1, width, BAR + 2);
    context.lineWidth = 1;
  }
  marks(context, scene, span.events.map((event) => (Date.parse(event.at) - Date.parse(span.started)) / 1000 + span.offset), y);
  caption(context, scene, `${span.status === "error" ? "✕ " : ""}${duration(span.duration)}${span.is_running ? " so far" : ""}`, left, right, top);
}

function caption(context: CanvasRenderingContext2D, scene: Scene, words: string, left: number, right: number, top: number): void {
  const width = context.measureText(words).width;
  context.fillStyle = scene.colour.muted;
  context.textAlign = "left";
  const isBeside = right + width + 8 < scene.width;
  const isBefore = !isBeside && left - width - 8 > 0;
  if (!isBeside && !isBefore) {
    // Within the bar, on a ground on which it can be read.
    context.fillStyle = scene.colour.surface;
    const x = Math.max(4, Math.min(scene.width - width - 8, left + 4));
    context.fillRect(x - 3, top + 4, width + 6, scene.rowHeight - 8);
    context.fillStyle = scene.colour.ink;
    context.fillText(words, x, top + scene.rowHeight / 2 + 0.5);
    return;
  }
  context.fillText(words, isBeside ? right + 5 : left - width - 5, top + scene.rowHeight / 2 + 0.5);
}

function marks(context: CanvasRenderingContext2D, scene: Scene, offsets: number[], y: number): void {
  context.fillStyle = scene.colour.ink;
  for (const offset of offsets.slice(0, 128)) context.fillRect(Math.round(place(scene, offset)) - 1, y - 2, 2, BAR + 4);
}

function dot(context: CanvasRenderingContext2D, scene: Scene, offset: number, level: string, top: number): void {
  const x = place(scene, offset);
  if (x < -4 || x > scene.width + 4) return;
  context.fillStyle = level === "ERROR" ? scene.colour.bad : level === "WARN" ? scene.colour.warn : scene.colour.muted;
  context.beginPath();
  context.arc(Math.max(3, Math.min(scene.width - 3, x)), top + scene.rowHeight / 2, 3, 0, 2 * Math.PI);
  context.fill();
}

/** The axis above the bars, with all spans of the trace as a small picture in it. */
export function paintRuler(context: CanvasRenderingContext2D, scene: Scene, whole: { rows: Row[]; length: number }): void {
  const lower = scene.height - 16;
  const rows = whole.rows.filter((row): row is SpanRow => row.kind === "span");
  const each = Math.max(1, Math.ceil(rows.length / Math.max(1, lower)));
  for (let at = 0; at < rows.length; at += each) {
    const row = rows[at];
    if (!row) continue;
    const left = (row.span.offset / Math.max(1e-9, whole.length)) * scene.width;
    const width = (row.span.duration / Math.max(1e-9, whole.length)) * scene.width;
    context.fillStyle = row.span.status === "error" ? scene.colour.bad : scene.colourOf(row.span.service);
    context.fillRect(left, (at / rows.length) * lower, Math.max(1, width), Math.max(1, lower / rows.length - 0.3));
  }
  if (scene.from > 0 || scene.to < whole.length) {
    const scale = scene.width / Math.max(1e-9, whole.length);
    context.fillStyle = `${scene.colour.accent}33`;
    context.fillRect(scene.from * scale, 0, (scene.to - scene.from) * scale, lower);
  }
  context.font = FONT;
  context.textBaseline = "bottom";
  context.fillStyle = scene.colour.muted;
  for (const offset of ticks(scene)) {
    const x = place(scene, offset);
    context.textAlign = x < 20 ? "left" : x > scene.width - 30 ? "right" : "center";
    context.fillText(scale(duration(offset)), Math.max(0, Math.min(scene.width, x)), scene.height - 1);
  }
}

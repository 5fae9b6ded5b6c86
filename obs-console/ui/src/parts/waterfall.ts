// The waterfall of a trace: names and values as a tree for everyone, bars on a canvas beside it.
import { clock, duration, text } from "../format";
import { colours } from "../theme";
import type { Trace } from "../types";
import { paintBars, paintRuler, type Scene } from "./bars";
import { Painted } from "./canvas";
import { Rows } from "./rows";
import { rowsOf, type Row } from "./tree";

const ROW = 24;
const PALETTE = ["s1", "s2", "s3", "s4", "s5", "s6"] as const;

class Ruler extends Painted {
  scene: ((width: number, height: number) => Scene | null) | null = null;
  whole: { rows: Row[]; length: number } = { rows: [], length: 0 };
  chosen: (from: number, to: number) => void = () => undefined;
  #from: number | null = null;

  protected build(): void {
    this.canvas.setAttribute("aria-hidden", "true");
    this.append(this.canvas);
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.#from = event.offsetX;
    });
    this.canvas.addEventListener("pointerup", (event) => {
      const [from, to] = [this.#from, event.offsetX];
      this.#from = null;
      if (from === null || Math.abs(to - from) < 5) return;
      const scale = this.whole.length / this.canvas.clientWidth;
      this.chosen(Math.max(0, Math.min(from, to) * scale), Math.min(this.whole.length, Math.max(from, to) * scale));
    });
    this.canvas.addEventListener("dblclick", () => this.chosen(0, this.whole.length));
  }

  protected draw(context: CanvasRenderingContext2D, width: number, height: number): void {
    const scene = this.scene?.(width, height);
    if (scene) paintRuler(context, scene, this.whole);
  }
}
customElements.define("obs-ruler", Ruler);

export class Waterfall extends Painted {
  #trace: Trace | null = null;
  #rows: Row[] = [];
  #places = new Map<string, number>();
  #closed = new Set<string>();
  #selected: string | null = null;
  #search = "";
  #hasLines = true;
  #zoom: [from: number, to: number] | null = null;
  #critical = new Set<string>();
  #services = new Map<string, number>();
  #body = document.createElement("div");
  #tree = document.createElement("div");
  #ruler = document.createElement("obs-ruler") as Ruler;
  #list: Rows | null = null;

  set trace(trace: Trace) {
    if (trace === this.#trace) return;
    this.#trace = trace;
    this.#critical = new Set(trace.critical_path);
    this.#services = new Map(trace.services.map((service, at) => [service, at]));
    this.#rebuild();
  }

  set hasLines(hasLines: boolean) {
    if (hasLines === this.#hasLines) return;
    this.#hasLines = hasLines;
    this.#rebuild();
  }

  set search(search: string) {
    if (search === this.#search) return;
    this.#search = search;
    this.#rebuild();
  }

  set zoom(zoom: [number, number] | null) {
    this.#zoom = zoom;
    this.#repaint();
  }

  set selected(id: string | null) {
    const isNew = id !== this.#selected;
    this.#selected = id;
    if (isNew) this.#mark();
  }

  protected build(): void {
    const names = document.createElement("div");
    names.className = "wf-title";
    names.textContent = "Span or line";
    const head = document.createElement("div");
    head.className = "wf-head";
    head.append(names, this.#ruler);
    this.#body.className = "wf-body";
    this.#tree.className = "wf-tree";
    this.#tree.setAttribute("role", "presentation");
    this.#body.setAttribute("role", "treegrid");
    this.#body.setAttribute("aria-label", "Spans and lines of the trace");
    this.#body.tabIndex = 0;
    this.canvas.setAttribute("aria-hidden", "true");
    this.#body.append(this.#tree, this.canvas);
    this.append(head, this.#body);
    this.#ruler.scene = (width, height) => this.#scene(width, height);
    this.#ruler.chosen = (from, to) => this.dispatchEvent(new CustomEvent("zoom", { detail: [from, to] }));
    this.#list = new Rows(this.#body, this.#tree, ROW, makeRow, (row, at) => this.#fill(row, at), () => this.paint());
    this.#body.addEventListener("keydown", (event) => this.#key(event));
    this.#body.addEventListener("click", (event) => this.#click(event));
    this.#rebuild();
  }

  #rebuild(): void {
    const list = this.#list;
    if (!this.#trace || !list) return;
    const shown = { closed: this.#closed, hasLines: this.#hasLines, search: this.#search };
    this.#rows = rowsOf(this.#trace, shown);
    this.#places = new Map(this.#rows.map((row, at) => [row.id, at]));
    this.#ruler.whole = { rows: this.#rows, length: this.#length };
    list.length = this.#rows.length;
    this.#body.setAttribute("aria-rowcount", String(this.#rows.length));
    this.#body.style.height = `${Math.max(3, this.#rows.length) * ROW + 2}px`;
    list.refresh();
    this.#mark();
    this.#repaint();
  }

  #repaint(): void {
    this.paint();
    this.#ruler.paint();
  }

  #mark(): void {
    const at = this.#selected === null ? undefined : this.#places.get(this.#selected);
    if (at === undefined) this.#body.removeAttribute("aria-activedescendant");
    else this.#list?.reveal(at);
    this.#list?.refresh();
  }

  get #length(): number {
    return Math.max(this.#trace?.duration ?? 0, 1e-6);
  }

  #colourOf(palette: string[]): (service: string) => string {
    return (service) => palette[(this.#services.get(service) ?? 0) % palette.length] ?? "";
  }

  #scene(width: number, height: number): Scene | null {
    if (!this.#list) return null;
    const [first, end] = this.#list.seen;
    const palette = colours(...PALETTE);
    return {
      rows: this.#rows, first, end, width, height, rowHeight: ROW,
      above: this.#body.scrollTop,
      from: this.#zoom?.[0] ?? 0,
      to: this.#zoom?.[1] ?? this.#length,
      selected: this.#selected,
      critical: this.#critical,
      colourOf: this.#colourOf(PALETTE.map((name) => palette[name])),
      colour: colours("line", "muted", "ink", "bad", "warn", "accent", "select", "surface"),
    };
  }

  protected draw(context: CanvasRenderingContext2D, width: number, height: number): void {
    const scene = this.#scene(width, height);
    if (scene) paintBars(context, scene);
  }

  #fill(element: HTMLElement, at: number): void {
    const row = this.#rows[at];
    if (!row) return;
    const isSelected = row.id === this.#selected;
    element.id = `wf-${at}`;
    element.dataset["at"] = String(at);
    element.setAttribute("aria-rowindex", String(at + 1));
    element.setAttribute("aria-level", String(row.depth + 1));
    element.setAttribute("aria-selected", String(isSelected));
    if (isSelected) this.#body.setAttribute("aria-activedescendant", element.id);
    if (row.kind === "span" && row.children > 0) element.setAttribute("aria-expanded", String(row.isOpen));
    else element.removeAttribute("aria-expanded");
    const [name, value] = element.children as unknown as [HTMLElement, HTMLElement];
    name.style.paddingInlineStart = `${Math.min(row.depth, 14) * 12 + 18}px`;
    element.className = `wf-row ${row.kind}${row.kind === "span" && row.span.status === "error" ? " bad" : ""}`;
    if (row.kind === "line") describeLine(name, value, row);
    else this.#describeSpan(name, value, row);
  }

  #describeSpan(name: HTMLElement, value: HTMLElement, row: Row & { kind: "span" }): void {
    const { span } = row;
    const service = document.createElement("span");
    service.className = `service c${((this.#services.get(span.service) ?? 0) % PALETTE.length) + 1}`;
    service.textContent = text(span.service, 40);
    const label = document.createElement("bdi");
    label.textContent = text(span.name, 160);
    name.replaceChildren(service, label);
    const times = `at ${duration(span.offset)}, took ${duration(span.duration)}, itself ${duration(span.self_time)}`;
    const rest = [span.status === "error" && "failed", this.#critical.has(row.id) && "on the critical path", span.is_running && "still open"];
    value.textContent = [times, ...rest].filter(Boolean).join(", ");
  }

  #click(event: MouseEvent): void {
    const target = event.target as Element;
    const box = this.canvas.getBoundingClientRect();
    const place = target === this.canvas
      ? Math.floor((event.clientY - box.top + this.#body.scrollTop) / ROW)
      : Number((target.closest(".wf-row") as HTMLElement | null)?.dataset["at"] ?? -1);
    const row = this.#rows[place];
    if (!row) return;
    const inset = event.clientX - (target.closest(".wf-row")?.getBoundingClientRect().left ?? event.clientX);
    if (row.kind === "span" && row.children > 0 && target !== this.canvas && inset < Math.min(row.depth, 14) * 12 + 18) this.#toggle(row.id);
    else this.#choose(row.id);
  }

  #toggle(id: string): void {
    if (!this.#closed.delete(id)) this.#closed.add(id);
    this.#rebuild();
  }

  #choose(id: string): void {
    this.selected = id;
    this.dispatchEvent(new CustomEvent("choose", { detail: id }));
  }

  #key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = this.#selected === null ? -1 : this.#places.get(this.#selected) ?? -1;
    const row = this.#rows[at];
    const page = Math.max(1, Math.floor(this.#body.clientHeight / ROW) - 1);
    const places: Record<string, number> = {
      ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1,
      Home: 0, End: this.#rows.length - 1, PageDown: at + page, PageUp: at - page,
    };
    const next = places[event.key];
    if (next !== undefined) this.#choose(this.#rows[Math.max(0, Math.min(this.#rows.length - 1, next))]?.id ?? "");
    else if (event.key === "ArrowRight" && row?.kind === "span" && !row.isOpen) this.#toggle(row.id);
    else if (event.key === "ArrowLeft" && row?.kind === "span" && row.isOpen && row.children > 0) this.#toggle(row.id);
    else if (event.key === "ArrowLeft" && row?.parent) this.#choose(row.parent);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function makeRow(): HTMLElement {
  const row = document.createElement("div");
  row.setAttribute("role", "row");
  const name = document.createElement("div");
  name.className = "wf-name";
  const value = document.createElement("div");
  value.className = "hidden";
  for (const cell of [name, value]) cell.setAttribute("role", "gridcell");
  row.append(name, value);
  return row;
}

function describeLine(name: HTMLElement, value: HTMLElement, row: Row & { kind: "line" }): void {
  const level = document.createElement("span");
  level.className = `level ${row.line.level.toLowerCase()}`;
  level.textContent = row.line.level;
  const message = document.createElement("bdi");
  message.textContent = text(row.line.message, 200);
  name.replaceChildren(level, message);
  value.textContent = `line at ${duration(row.offset)} (${clock(row.line.at, true)})`;
}

customElements.define("obs-waterfall", Waterfall);

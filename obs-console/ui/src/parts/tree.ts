// The rows of a trace: spans below their parents, and the lines between the spans, in the order of their times.
import type { Line, Trace, TraceSpan } from "../types";

export interface SpanRow {
  kind: "span";
  id: string;
  span: TraceSpan;
  depth: number;
  children: number;
  isOpen: boolean;
  parent: string | null;
}
export interface LineRow {
  kind: "line";
  id: string;
  line: Line;
  offset: number;
  depth: number;
  parent: string | null;
}
export type Row = SpanRow | LineRow;

type Child = { at: number; span: TraceSpan } | { at: number; line: Line; index: number };

export interface Shown {
  closed: ReadonlySet<string>;
  hasLines: boolean;
  search: string;
}

/** The rows of a trace as they are shown. A span without a known parent is at the top; a circle of parents is cut. */
export function rowsOf(trace: Trace, shown: Shown): Row[] {
  const start = Date.parse(trace.started);
  const { tops, below } = relations(trace, start, shown.hasLines);
  const rows: Row[] = [];
  const seen = new Set<string>();
  const visit = (first: Child[]): void => walk(first, below, shown.closed, seen, rows);
  visit(tops);
  // What only a circle reaches.
  const parents = new Map(trace.spans.map((span) => [span.span_id, span.parent_id]));
  for (const span of trace.spans) {
    if (!seen.has(span.span_id) && !isBelow(span, parents, shown.closed)) visit([{ at: span.offset, span }]);
  }
  return shown.search ? matching(rows, shown.search) : rows;
}

function relations(trace: Trace, start: number, hasLines: boolean): { tops: Child[]; below: Map<string, Child[]> } {
  const known = new Set(trace.spans.map((span) => span.span_id));
  const below = new Map<string, Child[]>();
  const tops: Child[] = [];
  const add = (parent: string | null, child: Child): void => {
    if (parent === null || !known.has(parent)) tops.push(child);
    else if (below.has(parent)) below.get(parent)?.push(child);
    else below.set(parent, [child]);
  };
  for (const span of trace.spans) add(span.parent_id === span.span_id ? null : span.parent_id, { at: span.offset, span });
  if (hasLines) trace.lines.forEach((line, index) => add(line.span_id, { at: (Date.parse(line.at) - start) / 1000, line, index }));
  for (const children of [tops, ...below.values()]) children.sort((a, b) => a.at - b.at);
  return { tops, below };
}

// A stack of our own: spans may be nested as deep as there are spans.
function walk(first: Child[], below: Map<string, Child[]>, closed: ReadonlySet<string>, seen: Set<string>, rows: Row[]): void {
  const stack = [...first].reverse().map((child) => ({ child, depth: 0, parent: null as string | null }));
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { child, depth, parent } = next;
    if ("line" in child) {
      rows.push({ kind: "line", id: `line:${child.index}`, line: child.line, offset: child.at, depth, parent });
      continue;
    }
    const id = child.span.span_id;
    if (seen.has(id)) continue;
    seen.add(id);
    const children = below.get(id) ?? [];
    const isOpen = !closed.has(id);
    rows.push({ kind: "span", id, span: child.span, depth, children: children.length, isOpen, parent });
    if (!isOpen) continue;
    for (let at = children.length - 1; at >= 0; at -= 1) {
      const below = children[at];
      if (below) stack.push({ child: below, depth: depth + 1, parent: id });
    }
  }
}

function isBelow(span: TraceSpan, parents: Map<string, string | null>, closed: ReadonlySet<string>): boolean {
  if (closed.size === 0) return false;
  const seen = new Set<string>();
  for (let id = span.parent_id; id && !seen.has(id); id = parents.get(id) ?? null) {
    if (closed.has(id)) return true;
    seen.add(id);
  }
  return false;
}

function matching(rows: Row[], search: string): Row[] {
  const wanted = search.toLowerCase();
  return rows.filter((row) => words(row).toLowerCase().includes(wanted));
}

function words(row: Row): string {
  if (row.kind === "line") return `${row.line.level} ${row.line.target} ${row.line.message} ${pairs(row.line.fields)}`;
  const { span } = row;
  return `${span.service} ${span.name} ${span.error ?? ""} ${span.outcome ?? ""} ${span.span_id} ${pairs(span.attributes)}`;
}

function pairs(list: { key: string; value: unknown }[]): string {
  return list.map(({ key, value }) => `${key}=${String(value)}`).join(" ");
}

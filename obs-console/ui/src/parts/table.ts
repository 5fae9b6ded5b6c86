// Tables: sorted by the address, moved through by keys, with columns that narrow screens leave out.
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { changed, current, go } from "../location";

export interface Column<R> {
  key: string;
  title: string;
  cell: (row: R) => unknown;
  /** Numbers stand at the right. */
  isNumber?: boolean;
  /** Left out where there is little room. */
  isMinor?: boolean;
  /** Takes the room that is left. */
  isWide?: boolean;
  /** What rows are ordered by; without it the column can't be chosen. */
  sort?: (row: R) => number | string | null;
}

export interface Table<R> {
  caption: string;
  columns: Column<R>[];
  rows: R[];
  id: (row: R) => string;
  href?: (row: R) => string | null;
  tone?: (row: R) => string;
  /** The order when the address names none: a key and whether the largest comes first. */
  order?: [key: string, isDescending: boolean];
  /** Whether the address orders it; at most one table of a page. */
  isSortable?: boolean;
}

export function table<R>(spec: Table<R>): TemplateResult {
  const { columns } = spec;
  const order = chosenOrder(spec);
  const rows = order ? sorted(spec.rows, columns, order) : spec.rows;
  return html`<div class="scroll" role="region" tabindex="0" aria-label=${spec.caption}>
    <table>
      <caption class="hidden">${spec.caption}</caption>
      <thead><tr>${columns.map((column) => heading(column, order, spec.isSortable ?? false))}</tr></thead>
      <tbody>${repeat(rows, spec.id, (row) => line(spec, row))}</tbody>
    </table>
  </div>`;
}

function line<R>(spec: Table<R>, row: R): TemplateResult {
  const href = spec.href?.(row) ?? null;
  return html`<tr class=${spec.tone?.(row) ?? ""} ?data-link=${href !== null} @click=${(event: MouseEvent) => open(event, href)}>
    ${spec.columns.map((column, at) => {
      const content = column.cell(row);
      return html`<td class=${classes(column)}>${at === 0 && href ? html`<a class="row" data-row href=${href}>${content}</a>` : content}</td>`;
    })}
  </tr>`;
}

function classes<R>(column: Column<R>): string {
  return [column.isNumber && "num", column.isMinor && "minor", column.isWide && "wide"].filter(Boolean).join(" ");
}

// The whole row is a target for the mouse; its link is there for all else.
function open(event: MouseEvent, href: string | null): void {
  if (!href || (event.target as Element).closest("a, button, input, summary")) return;
  if (getSelection()?.toString()) return;
  if (event.metaKey || event.ctrlKey) window.open(href, "_blank", "noopener");
  else go(href);
}

type Order = [key: string, isDescending: boolean];

function chosenOrder<R>(spec: Table<R>): Order | null {
  if (!spec.isSortable) return null;
  const { params } = current();
  const key = params.get("sort");
  if (key && spec.columns.some((column) => column.key === key && column.sort)) return [key, params.get("order") !== "asc"];
  return spec.order ?? null;
}

function heading<R>(column: Column<R>, order: Order | null, isSortable: boolean): TemplateResult {
  if (!column.sort || !isSortable) return html`<th scope="col" class=${classes(column)}>${column.title}</th>`;
  const isChosen = order?.[0] === column.key;
  const isDescending = isChosen && (order?.[1] ?? false);
  const next = changed({ sort: column.key, order: isChosen && isDescending ? "asc" : "desc" });
  const sign = isChosen ? (isDescending ? "↓" : "↑") : "";
  return html`<th scope="col" class=${classes(column)} aria-sort=${isChosen ? (isDescending ? "descending" : "ascending") : nothing}>
    <a class="sort" href=${next}>${column.title}<span aria-hidden="true" class="arrow">${sign}</span></a>
  </th>`;
}

function sorted<R>(rows: R[], columns: Column<R>[], [key, isDescending]: Order): R[] {
  const value = columns.find((column) => column.key === key)?.sort;
  if (!value) return rows;
  const direction = isDescending ? -1 : 1;
  return rows
    .map((row) => ({ row, by: value(row) }))
    .sort((a, b) => {
      // What is unknown comes last in both directions.
      if (a.by === null || b.by === null) return Number(a.by === null) - Number(b.by === null);
      if (a.by === b.by) return 0;
      return (a.by < b.by ? -1 : 1) * direction;
    })
    .map(({ row }) => row);
}

/** A link to the next rows where an answer has more. */
export function more(cursor: string | null): TemplateResult | typeof nothing {
  const isLater = current().params.has("cursor");
  if (!cursor && !isLater) return nothing;
  return html`<nav class="more" aria-label="More rows">
    ${isLater ? html`<a href=${changed({ cursor: null })}>First rows</a>` : nothing}
    ${cursor ? html`<a href=${changed({ cursor })}>Next rows</a>` : nothing}
  </nav>`;
}

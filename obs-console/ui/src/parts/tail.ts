// Lines as they come: the newest five thousand, shown at most once a frame.
import { Problem, follow, type Call } from "../api";
import { clock, text } from "../format";
import type { Followed, Line } from "../types";
import { Rows } from "./rows";

const MOST = 5000;
const ROW = 22;
const LONGEST_WAIT = 30_000;

export interface TailSpec {
  /** The lines so far; another list begins anew. */
  lines: Line[];
  /** What to follow; null where the list stands still. */
  follow: Call | null;
  /** The line whose details are shown. */
  selected: string | null;
}

/** What tells a line apart from others in an address. */
export function lineId(line: Line): string {
  return line.seq === null ? `${line.at}/${line.span_id ?? ""}` : String(line.seq);
}

export class Tail extends HTMLElement {
  #spec: TailSpec | null = null;
  #lines: Line[] = [];
  #pending: Line[] = [];
  #ids = new Set<string>();
  #dropped = 0;
  #state = "";
  #abort: AbortController | null = null;
  #frame = 0;
  #isAtEnd = true;
  #body = document.createElement("div");
  #host = document.createElement("div");
  #status = document.createElement("p");
  #rows: Rows | null = null;
  #onVisible = (): void => this.#visible();

  set spec(spec: TailSpec) {
    const old = this.#spec;
    this.#spec = spec;
    if (spec.lines !== old?.lines) this.#reset(spec.lines);
    if (key(spec.follow) !== key(old?.follow ?? null) || spec.lines !== old?.lines) this.#restart();
    if (spec.selected !== old?.selected) this.#rows?.refresh();
    if (this.#rows) this.#rows.isWhole = spec.follow === null;
  }

  /** The lines that are shown, oldest first. */
  get lines(): Line[] {
    return this.#lines;
  }

  connectedCallback(): void {
    if (!this.#rows) this.#build();
    document.addEventListener("visibilitychange", this.#onVisible);
    this.#restart();
  }

  disconnectedCallback(): void {
    document.removeEventListener("visibilitychange", this.#onVisible);
    this.#abort?.abort();
    this.#abort = null;
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#rows?.stop();
  }

  #build(): void {
    this.#body.className = "tail-body";
    this.#body.tabIndex = 0;
    this.#body.setAttribute("role", "listbox");
    this.#body.setAttribute("aria-label", "Lines, newest last");
    this.#host.className = "tail-rows";
    this.#host.setAttribute("role", "presentation");
    this.#status.className = "tail-status";
    this.#status.setAttribute("role", "status");
    this.#body.append(this.#host);
    this.append(this.#body, this.#status);
    this.#rows = new Rows(this.#body, this.#host, ROW, makeRow, (row, at) => this.#fill(row, at));
    this.#body.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#body.addEventListener("click", (event) => {
      const row = (event.target as Element).closest(".tail-row");
      if (row && this.#rows) this.#choose(this.#rows.placeOf(row));
    });
    this.#body.addEventListener("keydown", (event) => this.#key(event));
    this.#rows.length = this.#lines.length;
    this.#rows.isWhole = this.#spec?.follow === null;
    this.#toEnd();
  }

  #reset(lines: Line[]): void {
    this.#lines = lines.slice(-MOST);
    this.#ids = new Set(this.#lines.slice(-1000).map(lineId));
    this.#pending = [];
    this.#dropped = 0;
    this.#isAtEnd = true;
    if (!this.#rows) return;
    this.#rows.length = this.#lines.length;
    this.#rows.refresh();
    this.#toEnd();
  }

  #restart(): void {
    this.#abort?.abort();
    this.#abort = null;
    const call = this.#spec?.follow;
    if (!this.isConnected || !call || document.hidden) {
      this.#say(call ? "Not following while the page is hidden" : "");
      return;
    }
    const abort = new AbortController();
    this.#abort = abort;
    void this.#run(call, abort.signal);
  }

  async #run(call: Call, signal: AbortSignal): Promise<void> {
    for (let wait = 1000; !signal.aborted; wait = Math.min(LONGEST_WAIT, wait * 2)) {
      const begun = performance.now();
      this.#say("Following");
      try {
        await follow(call, signal, (row) => this.#take(row));
        this.#say("The stream ended; following again");
      } catch (error) {
        if (signal.aborted) return;
        this.#say(`Not following since ${clock(Date.now())}: ${error instanceof Problem ? text(error.message, 200) : "the stream broke"}`);
        if (error instanceof Problem && !error.isPassing) return;
      }
      if (performance.now() - begun > LONGEST_WAIT) wait = 1000;
      await new Promise((done) => setTimeout(done, wait));
    }
  }

  // Lines that came meanwhile are in the history, so the whole view is read again.
  #visible(): void {
    if (!document.hidden && this.#spec?.follow) dispatchEvent(new Event("obs-reload"));
    else this.#restart();
  }

  #take(row: Followed): void {
    if ("event" in row) {
      if (row.event === "dropped") this.#dropped += row.count;
      this.#say("Following");
      return;
    }
    const id = lineId(row);
    if (this.#ids.has(id)) return;
    this.#ids.add(id);
    if (this.#ids.size > 2 * MOST) this.#ids = new Set(this.#lines.slice(-1000).map(lineId));
    this.#pending.push(row);
    if (this.#pending.length > MOST) this.#pending.splice(0, this.#pending.length - MOST);
    this.#frame ||= requestAnimationFrame(() => this.#flush());
  }

  #flush(): void {
    this.#frame = 0;
    const rows = this.#rows;
    if (!rows) return;
    for (const line of this.#pending) this.#lines.push(line);
    this.#pending = [];
    const gone = Math.max(0, this.#lines.length - MOST);
    if (gone > 0) this.#lines.splice(0, gone);
    rows.length = this.#lines.length;
    if (this.#isAtEnd) this.#toEnd();
    else if (gone > 0) this.#body.scrollTop = Math.max(0, this.#body.scrollTop - gone * ROW);
    if (gone > 0) rows.shift(gone);
    else rows.ask();
  }

  #toEnd(): void {
    this.#body.scrollTop = this.#lines.length * ROW;
    this.#rows?.ask();
  }

  #scrolled(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.#body;
    this.#isAtEnd = scrollTop + clientHeight >= scrollHeight - ROW;
    this.classList.toggle("behind", !this.#isAtEnd);
  }

  #say(state: string): void {
    const lost = this.#dropped > 0 ? `; ${this.#dropped} lines were left out because they came too fast` : "";
    const next = `${state}${lost}`;
    if (next === this.#state) return;
    this.#state = next;
    this.#status.textContent = next;
  }

  #choose(at: number): void {
    const line = this.#lines[at];
    if (line) this.dispatchEvent(new CustomEvent("choose", { detail: line }));
  }

  #key(event: KeyboardEvent): void {
    const moves: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
    const move = moves[event.key];
    if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const present = this.#lines.findIndex((line) => lineId(line) === this.#spec?.selected);
    const at = present === -1 ? this.#lines.length - 1 : Math.max(0, Math.min(this.#lines.length - 1, present + move));
    this.#rows?.reveal(at);
    this.#choose(at);
  }

  #fill(row: HTMLElement, at: number): void {
    const line = this.#lines[at];
    if (!line) return;
    const isSelected = lineId(line) === this.#spec?.selected;
    const parts = row as Parts;
    const level = line.level.toLowerCase();
    set(row, "className", `tail-row ${level}`);
    if (isSelected) row.id = "line-selected";
    else if (row.id) row.removeAttribute("id");
    if (row.getAttribute("aria-selected") !== String(isSelected)) row.setAttribute("aria-selected", String(isSelected));
    if (isSelected) this.#body.setAttribute("aria-activedescendant", row.id);
    const fields = line.fields.slice(0, 12).map(({ key, value }) => `${text(key, 40)}=${text(value, 80)}`).join(" ");
    set(parts.level, "className", `level ${level}`);
    const words = [clock(line.at, true), line.level, text(line.target, 60), text(line.message, 300), fields];
    words.forEach((word, cell) => set(parts.words[cell], "data", word));
  }
}

/** A row with the texts in it, which are changed in place: a thousand lines a second would make as many elements. */
interface Parts extends HTMLElement {
  level: HTMLElement;
  words: Text[];
}

/** Changes what differs: each assignment costs, also one of the same value. */
function set<K extends string>(target: Record<K, string> | undefined, name: K, value: string): void {
  if (target && target[name] !== value) target[name] = value;
}

function key(call: Call | null): string {
  return call ? JSON.stringify(call) : "";
}

function makeRow(): HTMLElement {
  const row = document.createElement("div");
  row.setAttribute("role", "option");
  const cells = ["time", "level", "target", "message"].map((name) => {
    const cell = document.createElement("span");
    cell.className = name;
    return cell;
  });
  const message = document.createElement("bdi");
  const fields = document.createElement("span");
  cells[3]?.append(message, fields);
  row.append(...cells);
  const words = [...cells.slice(0, 3), message, fields].map((cell) => cell.appendChild(document.createTextNode("")));
  return Object.assign(row, { level: cells[1] ?? row, words } satisfies Partial<Parts>);
}

customElements.define("obs-tail", Tail);

// The field for the filter language, with suggestions. Enter applies; what the service refuses is said with its place.
import { get, type Problem } from "../api";
import { text } from "../format";
import { change } from "../location";
import type { Suggestions } from "../types";

const QUIET = 200;
const MOST = 12;

export interface FilterSpec {
  page: "logs" | "records" | "overview" | "errors" | "running";
  value: string;
  hint: string;
  problem: Problem | null;
}

export class Filter extends HTMLElement {
  #spec: FilterSpec | null = null;
  #input = document.createElement("input");
  #list = document.createElement("ul");
  #message = document.createElement("p");
  #offers: string[] = [];
  #chosen = -1;
  #timer = 0;
  #abort: AbortController | null = null;

  set spec(spec: FilterSpec) {
    const old = this.#spec;
    this.#spec = spec;
    this.#input.placeholder = spec.hint;
    // What somebody is typing is theirs until the address says something else.
    if (spec.value !== old?.value) this.#input.value = spec.value;
    const { problem } = spec;
    const isWrong = problem?.parameter === "filter";
    const place = isWrong && problem.offset !== null ? ` (at character ${problem.offset + 1})` : "";
    this.#message.textContent = isWrong ? `${text(problem.message, 300)}${place}` : "";
    this.#input.setAttribute("aria-invalid", String(isWrong));
    if (isWrong && problem !== old?.problem && problem.offset !== null) this.#input.setSelectionRange(problem.offset, this.#input.value.length);
  }

  connectedCallback(): void {
    if (this.#input.isConnected) return;
    const input = this.#input;
    input.type = "search";
    input.id = "filter";
    input.autocomplete = "off";
    input.spellcheck = false;
    input.maxLength = 4096;
    const attributes = {
      role: "combobox", "aria-label": "Filter", "aria-autocomplete": "list",
      "aria-expanded": "false", "aria-controls": "filter-offers", "aria-describedby": "filter-message",
    };
    for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
    this.#list.id = "filter-offers";
    this.#list.setAttribute("role", "listbox");
    this.#list.setAttribute("aria-label", "Suggestions");
    this.#list.hidden = true;
    this.#message.id = "filter-message";
    this.#message.className = "filter-message";
    this.append(input, this.#list, this.#message);
    input.addEventListener("input", () => this.#soon());
    input.addEventListener("focus", () => this.#soon());
    input.addEventListener("keydown", (event) => this.#key(event));
    input.addEventListener("blur", () => this.#close());
    // "search" also comes when the field is emptied by its own button.
    input.addEventListener("search", () => { if (!input.value) this.#apply(); });
  }

  disconnectedCallback(): void {
    clearTimeout(this.#timer);
    this.#abort?.abort();
  }

  #apply(): void {
    this.#close();
    change({ filter: this.#input.value.trim() || null, span: null });
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#ask(), QUIET);
  }

  async #ask(): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    const before = this.#input.value.slice(0, this.#input.selectionStart ?? undefined);
    try {
      const params = { page: this.#spec?.page ?? "logs", text: before.slice(-1000) };
      const { data } = await get<Suggestions>({ path: "suggestions", params }, abort.signal);
      if (this.#input.matches(":focus")) this.#offer(data, before);
    } catch {
      // Without suggestions the field is still a field.
      this.#close();
    }
  }

  #offer(data: Suggestions, before: string): void {
    const isValue = /(?:^|\s)-?[\w.]+:[^\s"]*$/.test(before);
    this.#offers = (isValue ? data.values : data.keys.map((key) => (key.endsWith(":") ? key : `${key}:`))).slice(0, MOST);
    this.#chosen = -1;
    this.#list.replaceChildren(...this.#offers.map((offer, at) => this.#item(offer, at)));
    this.#expand(this.#offers.length > 0);
  }

  #item(offer: string, at: number): HTMLElement {
    const item = document.createElement("li");
    item.id = `filter-offer-${at}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.textContent = text(offer, 120);
    item.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.#take(at);
    });
    return item;
  }

  #expand(isOpen: boolean): void {
    this.#list.hidden = !isOpen;
    this.#input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) this.#input.removeAttribute("aria-activedescendant");
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#chosen = -1;
    this.#expand(false);
  }

  #take(at: number): void {
    const offer = this.#offers[at];
    if (offer === undefined) return;
    const end = this.#input.selectionStart ?? this.#input.value.length;
    const before = this.#input.value.slice(0, end);
    const after = this.#input.value.slice(end);
    const isKey = offer.endsWith(":");
    const quoted = !isKey && /[\s"|]/.test(offer) ? `"${offer.replaceAll('"', '\\"')}"` : offer;
    const kept = isKey ? before.replace(/[^\s-]*$/, "") : before.replace(/[^:]*$/, "");
    const start = kept + quoted + (isKey ? "" : " ");
    this.#input.value = start + after.trimStart();
    this.#input.setSelectionRange(start.length, start.length);
    this.#expand(false);
    if (isKey) this.#soon();
  }

  #key(event: KeyboardEvent): void {
    const isOpen = !this.#list.hidden;
    if (event.key === "Enter") {
      if (isOpen && this.#chosen >= 0) this.#take(this.#chosen);
      else this.#apply();
    } else if (event.key === "Escape" && isOpen) this.#close();
    else if (event.key === "Escape") this.#input.blur();
    else if (isOpen && (event.key === "ArrowDown" || event.key === "ArrowUp")) this.#move(event.key === "ArrowDown" ? 1 : -1);
    else if (isOpen && event.key === "Tab" && this.#chosen >= 0) this.#take(this.#chosen);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #move(by: number): void {
    const many = this.#offers.length;
    this.#chosen = (this.#chosen + by + many + (this.#chosen === -1 && by < 0 ? 1 : 0)) % many;
    [...this.#list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === this.#chosen)));
    this.#input.setAttribute("aria-activedescendant", `filter-offer-${this.#chosen}`);
    this.#list.children[this.#chosen]?.scrollIntoView({ block: "nearest" });
  }
}

customElements.define("obs-filter", Filter);

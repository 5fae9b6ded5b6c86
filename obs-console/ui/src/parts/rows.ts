// Long lists: only the rows that can be seen are elements, and these are used again for other rows.

const AROUND = 3;

export class Rows {
  #length = 0;
  #used = new Map<number, HTMLElement>();
  #free: HTMLElement[] = [];
  #frame = 0;
  #isWhole = false;

  constructor(
    private readonly scroller: HTMLElement,
    private readonly host: HTMLElement,
    readonly height: number,
    private readonly make: () => HTMLElement,
    private readonly fill: (row: HTMLElement, at: number) => void,
    private readonly painted: () => void = () => undefined,
  ) {
    scroller.addEventListener("scroll", () => this.ask(), { passive: true });
  }

  get length(): number {
    return this.#length;
  }

  set length(length: number) {
    this.#length = length;
    this.host.style.height = `${length * this.height}px`;
  }

  /** Makes all rows elements, so that the browser's own search finds them. */
  set isWhole(isWhole: boolean) {
    this.#isWhole = isWhole;
    this.refresh();
  }

  /** The rows that can be seen. */
  get seen(): [first: number, end: number] {
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / this.height));
    return [first, Math.min(this.#length, Math.ceil((this.scroller.scrollTop + this.scroller.clientHeight) / this.height))];
  }

  /** Fills all rows anew at the next frame. */
  refresh(): void {
    for (const row of this.#used.values()) this.#free.push(row);
    this.#used.clear();
    this.ask();
  }

  /** Says that the first rows are gone: the others keep what they show, and move up. */
  shift(gone: number): void {
    const used = new Map<number, HTMLElement>();
    for (const [at, row] of this.#used) {
      if (at < gone) this.#free.push(row);
      else used.set(at - gone, row);
    }
    this.#used = used;
    for (const [at, row] of used) this.#move(row, at);
    this.ask();
  }

  /** The place of a row's element; -1 for others. */
  placeOf(row: Element): number {
    for (const [at, other] of this.#used) if (other === row) return at;
    return -1;
  }

  /** Brings the rows in line with the place of the list at the next frame. */
  ask(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#show();
    });
  }

  /** Scrolls as far as needed to see a row. */
  reveal(at: number): void {
    const top = at * this.height;
    const { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop) this.scroller.scrollTop = top;
    else if (top + this.height > scrollTop + clientHeight) this.scroller.scrollTop = top + this.height - clientHeight;
    this.ask();
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  #show(): void {
    const [first, end] = this.seen;
    const from = this.#isWhole ? 0 : Math.max(0, first - AROUND);
    const to = this.#isWhole ? this.#length : Math.min(this.#length, end + AROUND);
    for (const [at, row] of this.#used) {
      if (at >= from && at < to) continue;
      this.#used.delete(at);
      this.#free.push(row);
    }
    for (let at = from; at < to; at += 1) if (!this.#used.has(at)) this.#put(at);
    for (const row of this.#free) row.hidden = true;
    this.#drop();
    this.painted();
  }

  #put(at: number): void {
    const row = this.#free.pop() ?? this.host.appendChild(this.make());
    row.hidden = false;
    this.#move(row, at);
    this.fill(row, at);
    this.#used.set(at, row);
  }

  #move(row: HTMLElement, at: number): void {
    row.style.transform = `translateY(${at * this.height}px)`;
  }

  // After a whole list, the elements that a part of it needs are kept, and no more.
  #drop(): void {
    while (this.#free.length > 64) this.#free.pop()?.remove();
  }
}

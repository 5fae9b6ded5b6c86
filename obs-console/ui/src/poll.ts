// Asks again while somebody looks: at most once in two seconds, never two at a time, seldom after failures.

export const PERIOD = 2000;
const LONGEST_WAIT = 60_000;
const IDLE_AFTER = 15 * 60_000;

export type Rest = "hidden" | "idle" | null;

/** Repeats one piece of work. It resolves to whether that succeeded. */
export class Poller {
  #work: ((signal: AbortSignal) => Promise<boolean>) | null = null;
  #timer = 0;
  #abort: AbortController | null = null;
  #failures = 0;
  #repeats = false;
  #lastInput = performance.now();
  #nextAt = 0;

  constructor(private readonly onRest: () => void) {
    document.addEventListener("visibilitychange", () => this.#wake());
    const input = (): void => {
      const wasIdle = this.rest === "idle";
      this.#lastInput = performance.now();
      if (wasIdle) this.#wake();
    };
    for (const kind of ["pointerdown", "pointermove", "keydown", "wheel"]) addEventListener(kind, input, { passive: true });
  }

  /** Why it doesn't ask at present. */
  get rest(): Rest {
    if (document.hidden) return "hidden";
    return performance.now() - this.#lastInput > IDLE_AFTER ? "idle" : null;
  }

  /** Seconds to the next attempt. */
  get retryIn(): number {
    return Math.max(0, Math.ceil((this.#nextAt - performance.now()) / 1000));
  }

  /** Does the work now and, if asked, again and again; ends what was under way. */
  start(work: (signal: AbortSignal) => Promise<boolean>, repeats: boolean): void {
    this.stop();
    this.#work = work;
    this.#repeats = repeats;
    this.#failures = 0;
    void this.#run();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#abort = null;
    this.#work = null;
  }

  #wake(): void {
    this.onRest();
    if (this.rest || !this.#work || this.#abort || (!this.#repeats && this.#failures === 0)) return;
    clearTimeout(this.#timer);
    void this.#run();
  }

  async #run(): Promise<void> {
    const work = this.#work;
    if (!work) return;
    const abort = new AbortController();
    this.#abort = abort;
    const succeeded = await work(abort.signal);
    if (this.#abort !== abort) return;
    this.#abort = null;
    this.#failures = succeeded ? 0 : this.#failures + 1;
    if (this.#repeats || !succeeded) this.#schedule();
  }

  #schedule(): void {
    const wait = Math.min(LONGEST_WAIT, PERIOD * 2 ** Math.min(this.#failures, 6));
    this.#nextAt = performance.now() + wait;
    this.#timer = window.setTimeout(() => {
      this.onRest();
      if (!this.rest) void this.#run();
    }, wait);
  }
}

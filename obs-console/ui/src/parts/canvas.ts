// A canvas as sharp as the screen, painted at most once a frame.

/** The font of what is painted; that of the style sheet. */
export const FONT = "11px Inter, ui-sans-serif, system-ui, -apple-system, sans-serif";

/** An element that paints itself: when its size, its data or the theme change. */
export abstract class Painted extends HTMLElement {
  protected canvas = document.createElement("canvas");
  #observer = new ResizeObserver(() => this.paint());
  #frame = 0;
  #onTheme = (): void => this.paint();

  connectedCallback(): void {
    if (!this.canvas.isConnected) this.build();
    this.#observer.observe(this);
    addEventListener("obs-theme", this.#onTheme);
    this.paint();
  }

  disconnectedCallback(): void {
    this.#observer.disconnect();
    removeEventListener("obs-theme", this.#onTheme);
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  /** Puts the canvas and what is around it into the element. */
  protected abstract build(): void;

  /** Paints into a canvas of this size in CSS pixels. */
  protected abstract draw(context: CanvasRenderingContext2D, width: number, height: number): void;

  /** Asks for a painting at the next frame. */
  paint(): void {
    if (this.#frame || !this.isConnected) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#now();
    });
  }

  #now(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const context = this.canvas.getContext("2d");
    if (!context || width === 0 || height === 0) return;
    const ratio = Math.min(3, devicePixelRatio || 1);
    if (this.canvas.width !== Math.round(width * ratio)) this.canvas.width = Math.round(width * ratio);
    if (this.canvas.height !== Math.round(height * ratio)) this.canvas.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    this.draw(context, width, height);
  }
}

/** The steps of an axis of time: at most so many, at round numbers of seconds. */
export function steps(length: number, atMost: number): number {
  const least = length / Math.max(1, atMost);
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1e-9)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least) ?? 10 * power;
}

const CLOCK_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/** The steps of an axis of clock times, in seconds. */
export function clockStep(length: number, atMost: number): number {
  const least = length / Math.max(1, atMost);
  return CLOCK_STEPS.find((step) => step >= least) ?? Math.ceil(least / 86_400) * 86_400;
}

// The driver of the page: from the address to an answer to a view, again and again while somebody looks.
import { render } from "lit-html";
import { Problem, get, now, readSession, type Call } from "./api";
import { saved } from "./base";
import { frame, type Shown } from "./frame";
import { listen } from "./keys";
import { change, current, keptScroll, onRoute, takeOver, type Route } from "./location";
import type { Page } from "./page";
import { pageOf } from "./pages/all";
import { railOf } from "./parts/rail";
import type { Tail } from "./parts/tail";
import { Poller } from "./poll";
import { copy, saveView, sharedAddress } from "./share";
import { startTheme } from "./theme";
import type { Answer, Overview } from "./types";
import { DEFAULT_LIVE } from "./location";
import { fixed, following, live, query } from "./window";

const KEPT = 8;
// Of five requests of a page with a rail, one is for the rail.
const RAIL_TURN = 5;

export class App {
  #route: Route = current();
  #page: Page<unknown> = pageOf(this.#route);
  #key = "";
  #kept = new Map<string, Answer<unknown>>();
  #poller = new Poller(() => this.render());
  #turn = 0;
  #scroll: number | null = null;
  #lastLive = DEFAULT_LIVE;
  #shown: Shown = {
    route: this.#route, page: this.#page, answer: null, problem: null, staleSince: null, rest: null,
    isLoading: true, rail: null, service: null, toast: "", isHelp: false, retryAt: null,
    actions: {
      pause: () => this.#pause(),
      copy: () => void this.#copy(),
      reload: () => this.#load(),
      help: () => this.#help(true),
      closeHelp: () => this.#help(false),
      save: () => void this.#save(),
      say: (words) => this.#say(words),
    },
  };

  start(): void {
    startTheme();
    takeOver();
    listen(this.#shown.actions);
    onRoute((isBack) => this.#arrive(isBack));
    addEventListener("obs-reload", () => this.#load());
    this.render();
    if (saved) this.#arrive(true);
    else void this.#begin();
  }

  async #begin(): Promise<void> {
    try {
      await readSession();
    } catch {
      // The page's own request says why.
    }
    this.#scroll = keptScroll();
    this.#arrive(true);
  }

  render(): void {
    this.#shown.rest = saved ? null : this.#poller.rest;
    this.#shown.retryAt = this.#shown.problem ? now() + this.#poller.retryIn * 1000 : null;
    render(frame(this.#shown), document.body);
    if (this.#scroll !== null && this.#shown.answer) {
      scrollTo(0, this.#scroll);
      this.#scroll = null;
    }
  }

  #arrive(isBack: boolean): void {
    const before = this.#route;
    this.#route = current();
    const page = pageOf(this.#route);
    const isOther = before.path !== this.#route.path || page !== this.#page;
    this.#page = page;
    this.#lastLive = live() ?? this.#lastLive;
    Object.assign(this.#shown, { route: this.#route, page });
    if (isBack) this.#scroll = keptScroll();
    else if (isOther) this.#scroll = 0;
    const key = JSON.stringify(this.#call());
    if (key === this.#key && !isOther) {
      this.render();
      return;
    }
    this.#key = key;
    this.#shown.answer = this.#kept.get(key) ?? (isOther ? null : this.#shown.answer);
    document.title = `${page.title(this.#route)} · ${this.#shown.service?.name ?? "obs"}`;
    this.#load();
    if (isOther) document.querySelector(".side a[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (isOther && !isBack) document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }

  #call(): Call {
    const call = this.#page.call(this.#route);
    return this.#page.isWindowed ? { path: call.path, params: { ...query(), ...call.params } } : call;
  }

  #load(): void {
    if (this.#page.nav === "") {
      this.#poller.stop();
      Object.assign(this.#shown, { answer: null, problem: null, isLoading: false });
      this.render();
      return;
    }
    Object.assign(this.#shown, { problem: null, staleSince: null, isLoading: this.#shown.answer === null });
    this.#turn = 0;
    const isRepeated = !saved && this.#page.repeats === true && (!this.#page.isWindowed || live() !== null);
    this.#poller.start((signal) => this.#work(signal), isRepeated);
    this.render();
  }

  async #work(signal: AbortSignal): Promise<boolean> {
    const needsRail = this.#page.hasRail && this.#page.call(this.#route).path !== "overview" && !saved;
    try {
      if (!needsRail || this.#turn % RAIL_TURN !== 1) await this.#ask(signal);
      if (needsRail && this.#turn % RAIL_TURN <= 1 && !signal.aborted) await this.#askRail(signal);
      this.#turn = this.#turn === 0 ? 2 : this.#turn + 1;
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      return this.#fail(error);
    }
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const key = this.#key;
    const answer = await get<unknown>(this.#call(), signal);
    if (signal.aborted || key !== this.#key) return;
    this.#keep(key, answer);
    Object.assign(this.#shown, { answer, problem: null, staleSince: null, isLoading: false, service: answer.service });
    if (this.#page.hasRail && this.#page.call(this.#route).path === "overview") {
      this.#shown.rail = railOf((answer.data as Overview).endpoints);
    }
    document.title = `${this.#page.title(this.#route)} · ${answer.service.name}`;
    this.render();
  }

  async #askRail(signal: AbortSignal): Promise<void> {
    const { data } = await get<Overview>({ path: "overview", params: query() }, signal);
    if (signal.aborted) return;
    this.#shown.rail = railOf(data.endpoints);
    this.render();
  }

  #fail(error: unknown): boolean {
    const problem = error instanceof Problem ? error : new Problem("unavailable", `The answer couldn't be shown: ${String(error)}`);
    Object.assign(this.#shown, { problem, isLoading: false, staleSince: this.#shown.staleSince ?? now() });
    // What will not change by itself is not asked for again.
    if (!problem.isPassing) this.#poller.stop();
    setTimeout(() => this.render(), 0);
    return false;
  }

  #keep(key: string, answer: Answer<unknown>): void {
    this.#kept.delete(key);
    this.#kept.set(key, answer);
    for (const old of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(old);
    }
  }

  #pause(): void {
    if (!this.#page.isWindowed || saved) return;
    if (live()) change(fixed(this.#shown.answer?.window ?? null, now()), true);
    else change(following(this.#lastLive), true);
  }

  async #copy(): Promise<void> {
    const address = sharedAddress(this.#page.isWindowed ? this.#shown.answer : null);
    this.#say((await copy(address)) ? "The link is copied; it shows this window of time." : address);
  }

  async #save(): Promise<void> {
    const { answer } = this.#shown;
    if (!answer) return;
    const tail = document.querySelector<Tail>("obs-tail");
    const whole = tail ? { ...answer, data: tail.lines } : answer;
    try {
      await saveView({ [this.#page.call(this.#route).path]: whole });
    } catch (error) {
      this.#say(`The view couldn't be saved: ${error instanceof Error ? error.message : ""}`);
    }
  }

  #help(isHelp: boolean): void {
    this.#shown.isHelp = isHelp;
    this.render();
  }

  #say(words: string): void {
    this.#shown.toast = words;
    this.render();
    setTimeout(() => {
      if (this.#shown.toast !== words) return;
      this.#shown.toast = "";
      this.render();
    }, 6000);
  }
}

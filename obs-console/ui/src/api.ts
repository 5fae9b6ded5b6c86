// Asking the service. One request of a view is under way at a time; what it says of time is kept.
import { base, saved } from "./base";
import type { Answer, Followed, ProblemBody, Session } from "./types";

export interface Call {
  path: string;
  params: Record<string, string>;
}

/** A refusal of the service, or that it didn't answer. */
export class Problem extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly parameter: string | null = null,
    readonly offset: number | null = null,
    readonly evictedAt: string | null = null,
  ) {
    super(message);
  }

  /** Whether asking again may help. */
  get isPassing(): boolean {
    return ["unreachable", "unavailable", "too_many"].includes(this.code);
  }
}

const TIMEOUT = 15_000;
// The service's clock minus this computer's monotonic one: the clocks of both may jump.
let clockOffset = Date.now() - performance.now();

/** The service's time in milliseconds. */
export function now(): number {
  return saved ? Date.parse(saved.saved) : performance.now() + clockOffset;
}

function noteClock(at: string): void {
  const time = Date.parse(at);
  if (!Number.isNaN(time)) clockOffset = time - performance.now();
}

/** The address of a call; names and values are encoded. */
export function address(call: Call): string {
  const query = new URLSearchParams(call.params).toString();
  return `${base}/api/v1/${call.path}${query ? `?${query}` : ""}`;
}

/** Encodes an id from foreign text as one part of a path. Half a character, which has no encoding, is replaced. */
export function part(id: string): string {
  return encodeURIComponent(id.replace(/\p{Surrogate}/gu, "\ufffd"));
}

export async function get<T>(call: Call, signal?: AbortSignal): Promise<Answer<T>> {
  if (saved) return fromSaved<T>(call);
  const answer = (await send(address(call), { method: "GET" }, signal)) as Answer<T>;
  noteClock(answer.now);
  return answer;
}

export async function post(path: string, body: unknown): Promise<void> {
  await send(`${base}/api/v1/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

function fromSaved<T>(call: Call): Answer<T> {
  const answer = saved?.answers[call.path];
  if (!answer) throw new Problem("unknown", "This is not part of the saved view.");
  return answer as Answer<T>;
}

async function send(url: string, init: RequestInit, signal?: AbortSignal): Promise<unknown> {
  const limit = AbortSignal.timeout(TIMEOUT);
  const signals = signal ? AbortSignal.any([signal, limit]) : limit;
  const response = await reached(url, init, signals, signal);
  const body = await bodyOf(response, signal);
  if (!response.ok) throw refusal(response, body);
  return body;
}

async function bodyOf(response: Response, signal?: AbortSignal): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    return null;
  }
}

async function reached(url: string, init: RequestInit, signals: AbortSignal, own?: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: signals, credentials: "same-origin", redirect: "error" });
  } catch (error) {
    if (own?.aborted) throw error;
    throw new Problem("unreachable", "The service doesn't answer.");
  }
}

function refusal(response: Response, body: unknown): Problem {
  const error = (body as ProblemBody | null)?.error;
  if (!error) return new Problem("unavailable", `The service answered with status ${response.status}.`);
  return new Problem(error.code, error.message, error.parameter, error.offset, error.evicted_at ?? null);
}

const LONGEST_ROW = 4 * 1024 * 1024;

/** Follows rows that the service sends as they come, until the signal or the end. */
export async function follow(call: Call, signal: AbortSignal, row: (row: Followed) => void): Promise<void> {
  const url = address({ path: call.path, params: { ...call.params, follow: "true" } });
  const init = { method: "GET", headers: { accept: "application/x-ndjson" } };
  const response = await reached(url, init, signal, signal);
  if (!response.ok || !response.body) throw refusal(response, await bodyOf(response, signal));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop() ?? "";
    if (rest.length > LONGEST_ROW) throw new Problem("unavailable", "The service sent a row without an end.");
    for (const text of parts) if (text.trim()) row(JSON.parse(text) as Followed);
  }
}

let session: Session | null = null;

/** What this viewer may see and change. */
export function rights(): Session | null {
  return session;
}

export async function readSession(): Promise<void> {
  session = (await get<Session>({ path: "session", params: {} })).data;
}

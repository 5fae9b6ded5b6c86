// The window of time that a view shows: the last minutes, or two instants.
import { DEFAULT_LIVE, current, type Changes } from "./location";
import type { TimeSpan } from "./types";

export const LIVE_CHOICES = ["5m", "15m", "1h", "6h"];
const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** The seconds of "15m"; null for what is no length of time. */
export function seconds(text: string): number | null {
  const parts = /^(\d{1,6})([smhd])$/.exec(text);
  return parts ? Number(parts[1]) * (UNITS[parts[2] ?? ""] ?? 0) : null;
}

/** The window's length as "15m" where the view follows the clock, null where it stands still. */
export function live(): string | null {
  const { params } = current();
  if (params.get("from") && params.get("to")) return null;
  const asked = params.get("live") ?? DEFAULT_LIVE;
  return seconds(asked) ? asked : DEFAULT_LIVE;
}

/** The parameters of the API for the window. */
export function query(): Record<string, string> {
  const length = live();
  if (length) return { last: length };
  const { params } = current();
  return { from: params.get("from") ?? "", to: params.get("to") ?? "" };
}

/** Makes the window stand still at what was last shown. */
export function fixed(shown: TimeSpan | null, now: number): Changes {
  const length = (seconds(live() ?? DEFAULT_LIVE) ?? 900) * 1000;
  const span = shown ?? { from: new Date(now - length).toISOString(), to: new Date(now).toISOString() };
  return { live: null, from: span.from, to: span.to };
}

/** Makes the window follow the clock. */
export function following(length: string): Changes {
  return { live: length === DEFAULT_LIVE ? null : length, from: null, to: null };
}

/** A window between two instants in milliseconds, at least a second long. */
export function between(from: number, to: number): Changes {
  const [start, end] = from <= to ? [from, to] : [to, from];
  const least = Math.max(end, start + 1000);
  return { live: null, from: new Date(start).toISOString(), to: new Date(least).toISOString() };
}

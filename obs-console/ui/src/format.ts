// Numbers, times and foreign text as people read them.

/** What is shown where a number is unknown. */
export const NONE = "–";
const CELL_LIMIT = 400;

// Control characters, and those that turn or hide the text around them.
// eslint-disable-next-line no-control-regex
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

function visible(char: string): string {
  const code = char.charCodeAt(0);
  if (char === "\n") return "⏎";
  if (char === "\t") return "⇥";
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return `\\u{${code.toString(16)}}`;
}

/** Foreign text in one line: what controls the display is shown instead of obeyed, what is long is cut. */
export function text(value: unknown, limit = CELL_LIMIT): string {
  if (value === null || value === undefined) return NONE;
  const raw = String(value);
  const cut = raw.length > limit ? `${raw.slice(0, limit)}…` : raw;
  return cut.replace(HIDDEN, visible);
}

/** Foreign text of several lines. */
export function block(value: unknown, limit = 65_536): string {
  if (value === null || value === undefined) return NONE;
  const raw = String(value);
  const cut = raw.length > limit ? `${raw.slice(0, limit)}…` : raw;
  return cut.replace(HIDDEN, (char) => (char === "\n" || char === "\t" ? char : visible(char)));
}

/** A number with three significant digits and a unit prefix. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  if (size >= 1e9) return `${significant(value / 1e9)} G`;
  if (size >= 1e6) return `${significant(value / 1e6)} M`;
  if (size >= 1e4) return `${significant(value / 1e3)} k`;
  if (size !== 0 && size < 0.001) return value.toExponential(1);
  return Number.isInteger(value) ? String(value) : significant(value);
}

function significant(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 100) return value.toFixed(0);
  return size >= 10 ? value.toFixed(1) : size >= 1 ? value.toFixed(2) : value.toPrecision(2);
}

/** A rate per second. */
export function rate(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : `${count(value)}/s`;
}

/** A part of one as a percentage. */
export function percent(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const part = value * 100;
  if (part === 0) return "0 %";
  if (Math.abs(part) < 0.01) return "< 0.01 %";
  return `${Math.abs(part) < 10 ? part.toFixed(2) : part.toFixed(1)} %`;
}

/** A duration given in seconds. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NONE;
  const size = Math.abs(seconds);
  if (size === 0) return "0 s";
  if (size < 1e-6) return `${significant(seconds * 1e9)} ns`;
  if (size < 1e-3) return `${significant(seconds * 1e6)} µs`;
  if (size < 1) return `${significant(seconds * 1e3)} ms`;
  if (size < 120) return `${significant(seconds)} s`;
  if (size < 7200 && seconds % 60 < 1) return `${Math.floor(seconds / 60)} min`;
  if (size < 7200) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  if (size < 172_800) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  if (seconds % 86_400 < 3600) return `${Math.floor(seconds / 86_400)} d`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

/** A word of a scale: without the zeros that only show how exact a measured value is. */
export function scale(words: string): string {
  return words.replace(/(\.\d*?)0+(?!\d)/, "$1").replace(/\.(?!\d)/, "");
}

/** A size given in bytes. */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  if (Math.abs(value) < 1024) return `${count(value)} B`;
  const steps = Math.min(4, Math.floor(Math.log2(Math.abs(value)) / 10));
  return `${significant(value / 1024 ** steps)} ${["B", "KiB", "MiB", "GiB", "TiB"][steps]}`;
}

/** A value in the unit of its metric. */
export function withUnit(value: number | null | undefined, unit: string): string {
  if (unit === "seconds" || unit === "s") return duration(value);
  if (unit === "bytes" || unit === "By") return bytes(value);
  if (unit === "/s") return rate(value);
  if (unit === "ratio" || unit === "1r") return percent(value);
  return unit && unit !== "1" && value !== null && value !== undefined ? `${count(value)} ${text(unit, 20)}` : count(value);
}

const pad = (value: number, digits = 2): string => String(value).padStart(digits, "0");

/** The time of day of an instant, local, with milliseconds where asked for. */
export function clock(at: string | number | null, withMillis = false): string {
  const date = new Date(at ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return NONE;
  const short = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return withMillis ? `${short}.${pad(date.getMilliseconds(), 3)}` : short;
}

/** Day and time of an instant, local. */
export function dateTime(at: string | number | null): string {
  const date = new Date(at ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return NONE;
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${clock(date.getTime())}`;
}

/** How long before `now` an instant was. */
export function ago(at: string | null, now: number): string {
  const time = Date.parse(at ?? "");
  if (Number.isNaN(time)) return NONE;
  const seconds = Math.max(0, (now - time) / 1000);
  if (seconds < 1) return "now";
  return `${duration(seconds < 120 ? Math.round(seconds) : seconds)} ago`;
}

/** The first characters of an id, for a link that has the whole one in its address. */
export function shortId(id: string | null): string {
  return id ? text(id.slice(0, 8)) : NONE;
}

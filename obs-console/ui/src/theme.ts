// Light, dark, or as the system says.

export type Theme = "system" | "light" | "dark";
const KEY = "obs-theme";
const NAMES: Theme[] = ["system", "light", "dark"];

export function theme(): Theme {
  const kept = storage()?.getItem(KEY);
  return NAMES.find((name) => name === kept) ?? "system";
}

// Storage may be switched off, and a file has none.
function storage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

export function setTheme(name: Theme): void {
  storage()?.setItem(KEY, name);
  apply(name);
}

function apply(name: Theme): void {
  if (name === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = name;
  dispatchEvent(new Event("obs-theme"));
}

export function startTheme(): void {
  apply(theme());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dispatchEvent(new Event("obs-theme")));
}

/** Colours of the style sheet for a canvas, by the names of their custom properties. */
export function colours<N extends string>(...names: N[]): Record<N, string> {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Record<N, string>;
}

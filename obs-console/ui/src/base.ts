// Where the console is mounted, and whether this is a saved view.

/** A view that was saved as a file: the answers that it showed, by the path of the API. */
export interface SavedView {
  obs: 1;
  path: string;
  saved: string;
  answers: Record<string, unknown>;
}

function readSaved(): SavedView | null {
  const text = document.getElementById("obs-data")?.textContent;
  if (!text) return null;
  const data = JSON.parse(text) as Partial<SavedView>;
  return { obs: 1, path: data.path ?? "/", saved: data.saved ?? "", answers: data.answers ?? {} };
}

/** The saved view of this file, null where a service answers. */
export const saved = readSaved();

/** The path of the mount without a slash at its end: "/obs", "" for a mount of "/". */
export const base = (document.querySelector<HTMLMetaElement>('meta[name="obs-base"]')?.content ?? "").replace(/\/$/, "");

// "Only my requests": a cookie that this browser also sends to the service marks them.
import { html, type TemplateResult } from "lit-html";
import { saved } from "../base";
import { changed, current, go, type Route } from "../location";

const COOKIE = "obs-tag";
const VALUE = /^[0-9a-f]{8,64}$/;

/** The parameter that keeps what belongs to the requests of a browser; links carry whose these are. */
export function mineParameter(route: Route): Record<string, string> {
  const mine = route.params.get("mine");
  return mine && VALUE.test(mine) ? { mine } : {};
}

function ownTag(): string {
  const found = new RegExp(`(?:^|; )${COOKIE}=([0-9a-f]{8,64})(?:;|$)`).exec(document.cookie)?.[1];
  if (found) return found;
  const random = crypto.getRandomValues(new Uint8Array(8));
  const tag = [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  document.cookie = `${COOKIE}=${tag}; path=/; SameSite=Lax; max-age=43200`;
  return tag;
}

function toggle(event: Event): void {
  const isOn = (event.target as HTMLInputElement).checked;
  go(changed({ mine: isOn ? ownTag() : null }));
}

/** The switch; the first use marks this browser, and only requests from then on are known. */
export function mineSwitch(): TemplateResult | string {
  if (saved) return "";
  const isOn = "mine" in mineParameter(current());
  return html`<label class="switch"><input type="checkbox" .checked=${isOn} @change=${toggle}> Only requests of this browser</label>`;
}

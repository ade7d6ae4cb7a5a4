import type { Overview, Site } from "./api";
import { html, type Markup } from "./dom";
import { count, percent, sitePlace, when } from "./format";

const words = { empty: "No data yet", live: "Live", stale: "Silent" } as const;

function serving(site: Site) {
  const models = (site.status?.models ?? []).filter((m) => m.version || m.digest);
  return models.find((m) => m.state === "live") ?? models[0];
}

/** The word of a site's badge, and its look. "Stopped" is said of what leaves alone: a site that cannot take a new version still serves. */
function badge(site: Site): [string, string] {
  if (site.state !== "error") return [words[site.state], site.state];
  if (site.status?.stopped) return ["Stopped", "error"];
  if (!serving(site)) return ["No model", "error"];
  return site.status?.refused || site.status?.desired !== site.status?.applied ? ["Cannot update", "warn"] : ["Failing", "error"];
}

function model(site: Site): Markup {
  const live = serving(site);
  if (!live) return html`<span class="faint">no model</span>`;
  return html`${live.name} <strong title="${live.digest}">${live.version || live.digest.slice(7, 17)}</strong>`;
}

function sum(site: Site, field: "events" | "denied"): number { return site.lanes.reduce((total, lane) => total + lane[field], 0); }

/** What waits to leave, and whether it can; nothing of a site that has not said so. */
function leaving(site: Site): Markup {
  const status = site.status;
  const lanes = Object.entries(status?.lanes ?? {});
  if (!status || lanes.length === 0) return html``;
  const total = (field: "waiting" | "dropped" | "dead" | "damaged" | "missing") => lanes.reduce((all, [, lane]) => all + (lane[field] ?? 0), 0);
  const oldest = lanes.map(([, lane]) => lane.oldest).filter((time): time is string => Boolean(time)).sort()[0];
  const lost = total("dropped") + total("dead") + total("damaged") + total("missing");
  const waiting = lanes.map(([name, lane]) => `${name} ${count(lane.waiting)}`).join(", ");
  return html`<div><dt>Waiting to leave</dt><dd><span title="${waiting}">${count(total("waiting"))}</span>
    ${oldest && html`<span class="faint">since ${when(oldest)}</span>`}</dd></div>
    <div><dt>Last stored</dt><dd>${status.last_stored ? when(status.last_stored) : html`<span class="faint">not since its start</span>`}</dd></div>
    ${(status.offline_seconds ?? 0) > 0 && html`<div class="bad"><dt>Offline for</dt><dd>${count(status.offline_seconds)} s</dd></div>`}
    ${lost > 0 && html`<div class="bad"><dt>Given up or set aside</dt><dd>${count(lost)}</dd></div>`}`;
}

function card(site: Site, place: number): Markup {
  const events = sum(site, "events"), denied = sum(site, "denied");
  const missing = site.lanes.reduce((total, lane) => total + lane.missing, 0);
  const moving = site.status && site.status.desired !== site.status.applied;
  const [word, look] = badge(site);
  return html`<article class="site ${look} hue${place}" data-key="${site.site}">
    <header><h3>${site.site}</h3><span class="state"><span class="dot"></span>${word}</span></header>
    <p class="reason">${site.reason || (moving ? `going to state ${site.status?.desired}` : "")}</p>
    <dl>
      <div><dt>World time</dt><dd>${when(site.clock)}</dd></div>
      <div><dt>Model</dt><dd>${model(site)}</dd></div>
      <div><dt>Scored</dt><dd>${count(site.status?.scored)}</dd></div>
      <div><dt>Waiting for a label</dt><dd>${count(site.status?.pending)}</dd></div>
      <div><dt>Events let out</dt><dd>${count(events)}</dd></div>
      <div><dt>Kept back</dt><dd>${count(denied)} <span class="faint">${events + denied > 0 ? percent(denied / (events + denied)) : ""}</span></dd></div>
      ${leaving(site)}
    </dl>
    ${missing > 0 && html`<p class="bad">${count(missing)} events are missing here</p>`}
  </article>`;
}

export function sites(overview: Overview): Markup {
  if (overview.sites.length === 0) return html`<p class="empty">No site has reported yet. Start one with <code>edgewise up</code>.</p>`;
  const names = overview.sites.map((site) => site.site);
  return html`${overview.sites.map((site) => card(site, sitePlace(names, site.site)))}`;
}

/** What to do next, as long as no site was told to run a model. */
export function missing(overview: Overview, hub: string): Markup {
  if (overview.sites.length === 0 || overview.sites.some((site) => site.desired)) return html``;
  return html`<p class="hint">No model is deployed yet. Next: <code>edgewise deploy --hub ${hub} --model NAME=REPOSITORY@sha256:… --version LABEL</code></p>`;
}

export function totals({ totals: t }: Overview): Markup {
  const item = (label: string, value: number, bad: boolean) => html`<div class="${bad ? "bad" : ""}"><dt>${label}</dt><dd>${count(value)}</dd></div>`;
  return html`${item("events", t.indexed, false)}${item("missing", t.missing, t.missing > 0)}${item("doubled", t.doubled, t.doubled > 0)}${item("set aside", t.aside, t.aside > 0)}`;
}

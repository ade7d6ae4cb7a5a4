import type { Compliance, DisruptionData, DriftData, Insights, Model, StoredEvent, Timeline } from "./api";
import { html, type Markup } from "./dom";
import { count, day, fixed, once, percent, short, sitePlace, when } from "./format";

const badge = (site: string, names: string[]): Markup => html`<span class="badge hue${sitePlace(names, site)}"><i></i>${site}</span>`;
const figure = (label: string, text: string): Markup => html`<td class="number ${text === "–" ? "none" : ""}" data-label="${label}">${text}</td>`;
const empty = (text: string): Markup => html`<p class="empty">${text}</p>`;

const most = 9;

/** The newest hours in which something was scored; quiet ones only fill up, so that a night neither crowds the others out nor empties the table. */
function newest(all: Insights["recent"]): Insights["recent"] {
  const scored = all.filter(({ data }) => data.scored > 0).slice(0, most);
  const quiet = all.filter(({ data }) => data.scored === 0).slice(0, most - scored.length);
  return all.filter((event) => scored.includes(event) || quiet.includes(event));
}

function insight({ id, site, lineage, data }: Insights["recent"][number], names: string[]): Markup {
  const cell = (label: string, text: string) => figure(label, data.scored > 0 ? text : "–");
  return html`<tr data-key="${id}"><td>${when(data.hour)}</td><td>${badge(site, names)}</td>
    ${cell("Scored", count(data.scored))}${cell("Mean", percent(data.mean_score))}${cell("High risk", count(data.high_risk))}
    <td data-label="Worst">${data.worst ? html`${data.worst.dest ?? ""} <span class="faint mono">${data.worst.flight ? `#${data.worst.flight.slice(0, 8)}` : ""}</span> ${percent(data.worst.score)}` : html`<span class="faint">–</span>`}</td>
    <td class="end"><button type="button" class="quiet" data-lineage="${lineage}" aria-label="Lineage of ${site}, ${when(data.hour)}">Lineage</button></td></tr>`;
}

export function recent(insights: Insights, names: string[]): Markup {
  if (insights.recent.length === 0) return html`<tr><td colspan="7">${empty("Nothing yet.")}</td></tr>`;
  return html`${newest(insights.recent).map((event) => insight(event, names))}`;
}

export function disruptions(events: StoredEvent<DisruptionData>[], names: string[]): Markup {
  if (events.length === 0) return empty("No disruption has been seen.");
  const groups = new Map<string, { site: string; date: string; hours: number; worst: DisruptionData; lineage: string }>();
  for (const { site, data, lineage } of events) {
    const group = groups.get(`${site} ${data.date}`);
    if (!group) groups.set(`${site} ${data.date}`, { site, date: data.date, hours: 1, worst: data, lineage });
    else { group.hours += 1; if (data.z > group.worst.z) { group.worst = data; group.lineage = lineage; } }
  }
  return html`<ol class="list">${[...groups].map(([key, { site, date, hours, worst }]) => html`<li data-key="${key}">
    <div class="row"><strong>${day(date)}</strong>${badge(site, names)}<span class="faint">${hours} ${hours === 1 ? "hour" : "hours"}</span><span class="push mono">z ${fixed(worst.z, 1)}</span></div>
    <div class="bar" aria-hidden="true"><i style="width:${Math.min(100, (worst.z / 20) * 100).toFixed(0)}%"></i></div>
    <p class="faint">${fixed(worst.x, 0)} min late on average at ${when(worst.hour)}; usual for this time ${fixed(worst.median, 0)} min (${count(worst.flights)} flights)</p></li>`)}</ol>`;
}

const verdicts: Record<string, string> = { promoted: "good", refused: "bad", pilot: "plain", frozen: "plain" };

export function models(list: Model[]): Markup {
  if (list.length === 0) return empty("No model is registered yet.");
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Model versions"><table class="cards"><thead><tr><th scope="col">Version</th><th scope="col">Decision</th><th scope="col">Reason</th>
    <th scope="col" class="number">Rows</th><th scope="col" class="number">Held-back AUC</th><th scope="col" class="number">Log loss</th><th scope="col" class="number">Served</th></tr></thead>
    <tbody>${[...list].reverse().map((model) => html`<tr data-key="${model.version}">
      <td><strong>${model.version}</strong> <span class="faint mono" title="${model.digest}">${short(model.digest)}</span></td>
      <td><span class="verdict ${verdicts[model.decision ?? ""] ?? "plain"}">${model.decision}</span></td><td class="text">${once(`${model.decision}: ${model.reason ?? ""}`).replace(`${model.decision}: `, "")}</td>
      ${figure("Rows", count(model.training?.rows))}${figure("AUC", fixed(model.holdout?.auc, 3))}${figure("Log loss", fixed(model.holdout?.logloss, 3))}
      ${figure("Served", count(model.served?.rows))}</tr>`)}</tbody></table></div>`;
}

// As in src/detect/drift.h: from which index on a feature alarms, if it is not seasonal, and in how many rows at least.
const alarmFrom = 0.25, leastRows = 500;
type Feature = DriftData["features"][number];
const plain = (feature: Feature): string => feature.name.replaceAll("_", " ");

/** The badge of a report, its look, and why. */
function driftVerdict({ alarm, features }: DriftData): [string, string, string] {
  const alarms = features.filter((feature) => feature.alarm);
  if (alarm || alarms.length > 0) return ["drifts", "bad", `alarm: ${alarms.slice(0, 4).map(plain).join(", ")}${alarms.length > 4 ? ` and ${alarms.length - 4} more` : ""}`];
  const over = features.filter((feature) => !feature.seasonal && feature.psi >= alarmFrom).length;
  if (over > 0) return ["too few rows", "warn", `${over} over ${alarmFrom}, but no alarm on fewer than ${leastRows} rows`];
  return ["steady", "good", `nothing of operations is over ${alarmFrom}`];
}

function highest(features: Feature[], seasonal: boolean, most: number): Feature[] {
  return features.filter((feature) => feature.seasonal === seasonal).sort((a, b) => b.psi - a.psi).slice(0, most);
}

function driftBar(feature: Feature, cap: number): Markup {
  return html`<li data-key="${feature.name}" class="${feature.seasonal ? "season" : feature.alarm ? "alarm" : ""}"><span>${plain(feature)}</span>
    <span class="bar" aria-hidden="true"><i style="width:${Math.min(100, (feature.psi / cap) * 100).toFixed(1)}%"></i></span><span class="mono">${fixed(feature.psi, 2)}</span></li>`;
}

export function drift(events: StoredEvent<DriftData>[], names: string[]): Markup {
  const latest = new Map<string, StoredEvent<DriftData>>();
  for (const event of events) if (!latest.has(event.site)) latest.set(event.site, event);
  if (latest.size === 0) return empty("No drift report yet: the first comes at the end of a period.");
  const reports = [...latest.values()].sort((a, b) => a.site.localeCompare(b.site));
  const cap = Math.ceil(Math.max(4 * alarmFrom, ...reports.flatMap(({ data }) => data.features.map((feature) => feature.psi))));
  return html`<p class="about">Population stability index against the model's training rows. A bar's end is ${cap}; the mark at ${alarmFrom} is where operations alarm.</p>
    <div class="legend drifting"><span><i></i>operations</span><span class="season"><i></i>season: never alarms</span></div><div class="drifts">${reports.map(({ site, data }) => {
    const [word, look, why] = driftVerdict(data);
    return html`<div class="drift" data-key="${site}"><div class="row">${badge(site, names)}<span class="faint">${day(data.from)} – ${day(data.to)}</span>
      <span class="push verdict ${look}">${word}</span></div><p class="why">${why}</p>
      <ul style="--mark:${((alarmFrom / cap) * 100).toFixed(1)}%">${[...highest(data.features, false, 5), ...highest(data.features, true, 3)].map((feature) => driftBar(feature, cap))}</ul></div>`;
  })}</div>`;
}

export function compliance(answer: Compliance, names: string[]): Markup {
  if (answer.sites.length === 0) return empty("Nothing has left a site yet.");
  const policies = new Set(answer.sites.flatMap(({ lanes }) => lanes.map((lane) => lane.policy)));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="What left the sites"><table><thead><tr><th scope="col">Site</th><th scope="col">Lane</th><th scope="col" class="number">Let out</th><th scope="col" class="number">Kept back</th>
    <th scope="col" class="number">Missing</th>${policies.size > 1 && html`<th scope="col">Policy</th>`}</tr></thead><tbody>${answer.sites.map(({ site, lanes }) => lanes.map((lane) => html`<tr data-key="${site} ${lane.lane}">
      <td>${badge(site, names)}</td><td>${lane.lane}</td><td class="number">${count(lane.events)}</td><td class="number">${count(lane.denied)}</td>
      <td class="number ${lane.missing > 0 ? "bad" : ""}">${count(lane.missing)}</td>${policies.size > 1 && html`<td class="mono faint" title="${lane.policy}">${short(lane.policy)}</td>`}</tr>`))}</tbody></table></div>
    <p class="faint">${policies.size === 1 ? html`All sites follow the same policy, <span class="mono" title="${[...policies][0]}">${short([...policies][0] ?? "")}</span>.` : `${policies.size} policies are in force.`}</p>
    ${answer.aside.length > 0 && html`<h3>Set aside</h3><ul class="aside">${answer.aside.slice(0, 8).map((entry) => html`<li data-key="${entry.object}${entry.event}"><span class="mono">${entry.event || entry.object.split("/").slice(1).join("/")}</span><br>${entry.reason}</li>`)}</ul>`}`;
}

export function timeline({ steps }: Timeline): Markup {
  if (steps.length === 0) return empty("Nothing has happened yet.");
  return html`<ol class="steps">${[...steps].reverse().map((step) => html`<li class="${step.state}" data-key="${step.number}"><span class="dot"></span>
    <div><div class="row"><strong>${step.text}</strong><span class="push faint">${day(step.at)}</span></div><p class="faint">${step.state === "running" ? "running…" : once(step.outcome)}</p></div></li>`)}</ol>`;
}

import { ask, type Compliance, type DisruptionData, type DriftData, type Insights, type Model, type Overview, type StoredEvent, type Timeline } from "./api";
import { Chart } from "./chart";
import { byId, html, show } from "./dom";
import { when, whenFull } from "./format";
import { LineageSheet } from "./lineage";
import * as panels from "./panels";
import { missing, sites, totals } from "./sites";

const every = 2000;
const sheet = new LineageSheet();
const chart = new Chart(byId("chart"), byId("legend"), (lineage) => void sheet.open(lineage));
let hours = 336;
let names: string[] = [];
let answered: Date | null = null;

function tell(good: boolean, busy: boolean): void {
  const link = byId("link");
  link.className = `link ${good ? (busy ? "busy" : "good") : "bad"}`;
  show(link, html`<span class="dot"></span>${good ? (busy ? "working" : "connected") : "no answer"}`);
  const notice = byId("notice");
  notice.hidden = good;
  document.body.classList.toggle("old", !good);
  if (!good) notice.textContent = answered ? `The hub does not answer. What you see is from ${when(answered.toISOString())} UTC.` : "The hub does not answer yet.";
}

async function refreshInsights(): Promise<void> {
  const asked = hours;
  const insights = await ask<Insights>(`insights?hours=${asked}`);
  if (asked !== hours) return;
  chart.update(insights, names);
  show(byId("recent"), panels.recent(insights, names));
}

async function refresh(): Promise<void> {
  const overview = await ask<Overview>("overview");
  names = overview.sites.map((site) => site.site);
  show(byId("missing"), missing(overview, location.host));
  show(byId("sites"), sites(overview));
  show(byId("totals"), totals(overview));
  show(byId("clock"), html`<span class="label">World time</span><strong>${whenFull(overview.clock ?? overview.latest)}</strong>`);
  const [disruptions, drift, models, compliance, timeline] = await Promise.all([
    ask<{ events: StoredEvent<DisruptionData>[] }>("disruptions?limit=200"), ask<{ events: StoredEvent<DriftData>[] }>("drift?limit=24"),
    ask<{ models: Model[] }>("models"), ask<Compliance>("compliance"), ask<Timeline>("timeline"), refreshInsights(),
  ]);
  show(byId("disruptions"), panels.disruptions(disruptions.events, names));
  show(byId("drift"), panels.drift(drift.events, names));
  show(byId("models"), panels.models(models.models));
  show(byId("compliance"), panels.compliance(compliance, names));
  show(byId("timeline"), panels.timeline(timeline));
  answered = new Date();
  tell(true, timeline.busy);
}

async function run(): Promise<void> {
  if (!document.hidden || !answered) await refresh().catch((error: unknown) => { console.warn(error); tell(false, false); });
  setTimeout(() => void run(), every);
}

byId("periods").addEventListener("click", (event) => {
  const button = (event.target as Element).closest("button");
  if (!button) return;
  for (const other of byId("periods").querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
  hours = Number(button.dataset["hours"]);
  void refreshInsights().catch(() => tell(false, false));
});
void run();

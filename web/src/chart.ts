import uPlot from "uplot";
import type { Insights } from "./api";
import { html, show } from "./dom";
import { day, sitePlace } from "./format";

const color = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Mean score per site over time. The plot lives on while its sites stay the same; only its data change. */
export class Chart {
  private plot: uPlot | null = null;
  private made = "";
  private last: { insights: Insights; names: string[] } | null = null;

  constructor(private readonly place: HTMLElement, private readonly legend: HTMLElement, private readonly choose: (lineage: string) => void) {
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { this.made = ""; if (this.last) this.update(this.last.insights, this.last.names); });
  }

  update(insights: Insights, names: string[]): void {
    this.last = { insights, names };
    const sites = insights.sites.map((series) => series.site);
    show(this.legend, html`${sites.map((site) => html`<span class="hue${sitePlace(names, site)}" data-key="${site}"><i></i>${site}</span>`)}`);
    if (sites.length === 0) { this.drop(); show(this.place, html`<p class="empty">No insight has arrived yet.</p>`); return; }
    const data = align(insights);
    const made = JSON.stringify([sites, names, insights.bucket]);
    if (this.plot && made === this.made) { this.plot.setData(data); return; }
    this.drop();
    show(this.place, html``);
    this.plot = new uPlot(this.options(sites, names), data, this.place);
    this.made = made;
    this.plot.over.addEventListener("click", () => this.clicked());
  }

  private clicked(): void {
    const time = this.plot?.data[0]?.[this.plot.cursor.idx ?? -1];
    const found = this.last?.insights.sites.map((series) => series.lineage[series.time.indexOf(time ?? -1)]).find((id) => id);
    if (found && this.last?.insights.bucket === "hour") this.choose(found);
  }

  private drop(): void { this.plot?.destroy(); this.plot = null; this.made = ""; }
  private size() { return { width: Math.max(200, this.place.clientWidth), height: 240 }; }

  private options(sites: string[], names: string[]): uPlot.Options {
    const axis = { stroke: color("--faint"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    return {
      ...this.size(), legend: { show: false }, cursor: { points: { size: 7 }, drag: { x: false, y: false }, y: false },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      scales: { y: { range: (_plot, _low, high) => [0, Math.max(0.2, Math.ceil((high ?? 0) * 10.5) / 10)] } },
      axes: [{ ...axis, space: 80, size: 30, values: (_plot, ticks, _axis, _space, step) => ticks.map((tick) => tickText(tick, step)) }, { ...axis, size: 44, values: (_plot, ticks) => ticks.map((tick) => `${Math.round(tick * 100)}%`) }],
      series: [{}, ...sites.map((site) => ({ label: site, stroke: color(`--hue${sitePlace(names, site)}`), width: 1.75, points: { show: false }, spanGaps: false }))],
    };
  }
}

const tickText = (seconds: number, step: number): string => {
  const iso = new Date(seconds * 1000).toISOString();
  return step < 86400 && !iso.includes("T00:00") ? iso.slice(11, 16) : day(iso);
};

/** One common time column; an hour that a site does not have is a gap. */
function align(insights: Insights): uPlot.AlignedData {
  const times = [...new Set(insights.sites.flatMap((series) => series.time))].sort((a, b) => a - b);
  const columns = insights.sites.map((series) => {
    const at = new Map(series.time.map((time, i) => [time, series.mean_score[i] ?? null]));
    return times.map((time) => at.get(time) ?? null);
  });
  return [times, ...columns];
}

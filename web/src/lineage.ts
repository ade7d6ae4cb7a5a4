import { ask, type Lineage, type Score, type TrainingObject } from "./api";
import { byId, html, show, type Markup } from "./dom";
import { count, objectName, percent, short, when } from "./format";

const link = (id: string): Markup => html`<button type="button" class="id mono" data-lineage="${id}" title="${id}">${short(id)}</button>`;

function score(row: Score): Markup {
  const label = row.label === null ? "not exported or not labelled yet" : row.label === 1 ? "arrived late" : "arrived on time";
  return html`<li>${link(row.lineage)} <span class="mono">${percent(row.score)}</span> <span class="faint">${label}${row.object && html` · in ${objectName(row.object)}`}</span></li>`;
}

function object(entry: TrainingObject): Markup {
  const state = !entry.stored ? html`<span class="faint">history file</span>` : entry.verified ? html`<span class="verdict good">same bytes</span>` : html`<span class="verdict bad">other bytes</span>`;
  return html`<li><div class="row"><span>${objectName(entry.name)}</span><span class="faint mono" title="${entry.digest}">${short(entry.digest)}</span><span class="push faint">${count(entry.rows)} rows</span>${state}</div>
    ${(entry.samples?.length ?? 0) > 0 && html`<p class="faint">such as ${(entry.samples ?? []).map(link)}</p>`}</li>`;
}

function body(answer: Lineage): Markup {
  const about = answer.events[0];
  return html`<p class="mono faint whole">${answer.id}</p><ol class="trace">
    ${about && html`<li><h3>Event</h3><p><strong>${about.site}</strong>, ${when(about.data.hour ?? about.time)}${about.data.scored !== undefined && html`: ${count(about.data.scored)} flights scored, mean ${percent(about.data.mean_score)}`}</p>
      <p class="faint mono">${about.id}</p><p class="faint">stored in ${objectName(about.object)}</p></li>`}
    <li><h3>Scores</h3>${answer.scores.length > 0 ? html`<ul>${answer.scores.map(score)}</ul>` : html`<p class="faint">none named</p>`}</li>
    ${answer.models.map((model) => html`<li><h3>Model</h3><p><strong>${model.version ?? "not registered"}</strong> <span class="verdict plain">${model.decision ?? "unknown"}</span> <span class="faint mono" title="${model.digest}">${short(model.digest)}</span></p>
      <p class="faint">${model.reason}</p></li>
      <li><h3>Learned from</h3><p class="faint">${count(model.rows)} rows in ${count(model.objects.length)} objects</p><ul class="objects">${model.objects.slice(0, 12).map(object)}</ul>
      ${model.objects.length > 12 && html`<p class="faint">and ${count(model.objects.length - 12)} more</p>`}</li>`)}
    ${answer.named_by.length > 0 && html`<li><h3>Named by</h3><ul>${answer.named_by.map((event) => html`<li>${link(event.lineage)} ${event.site}, ${when(event.time)}</li>`)}</ul></li>`}
    ${answer.learned_by.length > 0 && html`<li><h3>Taught</h3><ul>${answer.learned_by.map((model) => html`<li><strong>${model.version}</strong> <span class="verdict plain">${model.decision}</span></li>`)}</ul></li>`}
  </ol>`;
}

/** The sheet that traces one id: opened by any [data-lineage], goes on to the ids it shows, and back. */
export class LineageSheet {
  private readonly dialog = byId("lineage") as HTMLDialogElement;
  private readonly path: string[] = [];

  constructor() {
    document.addEventListener("click", (event) => {
      const button = (event.target as Element).closest("[data-lineage]");
      if (button) void this.open(button.getAttribute("data-lineage") ?? "");
    });
    byId("lineage-close").addEventListener("click", () => this.dialog.close());
    byId("lineage-back").addEventListener("click", () => { this.path.pop(); void this.open(this.path.pop() ?? ""); });
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog) this.dialog.close(); });
    this.dialog.addEventListener("close", () => { this.path.length = 0; });
  }

  async open(id: string): Promise<void> {
    this.path.push(id);
    byId("lineage-back").hidden = this.path.length < 2;
    if (!this.dialog.open) { show(byId("lineage-body"), html`<p class="empty">Tracing…</p>`); this.dialog.showModal(); }
    const markup = await ask<Lineage>(`lineage/${encodeURIComponent(id)}`).then(body, (error: Error) => html`<p class="empty">${error.message}</p>`);
    if (this.path.at(-1) !== id) return;
    show(byId("lineage-body"), markup);
    byId("lineage-body").parentElement?.scrollTo(0, 0);
  }
}

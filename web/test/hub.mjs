// A hub that answers from a small made-up world, for the page's tests: the API's shapes, no database.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";

const hex = (n, size = 32) => n.toString(16).padStart(size, "a");
const digest = (n) => `sha256:${createHash("sha256").update(String(n)).digest("hex")}`;
const sites = ["EWR", "JFK", "LGA"];
const start = Date.UTC(2013, 6, 9) / 1000;
const iso = (seconds) => new Date(seconds * 1000).toISOString().replace(".000", "");
const wave = (i, site) => 0.22 + 0.13 * Math.sin((i + site * 2) / 3.8) ** 2 + 0.3 * Math.exp(-(((i - 300 + site * 4) / 9) ** 2)) + 0.03 * Math.sin(i * 7.3 + site);

export function world() {
  return { hours: 336, states: ["live", "live", "live"], busy: false, refuse: false, empty: false, deployed: true, quiet: 0 };
}

function insight(site, i, scored = 14 + (i % 9)) {
  return { id: `${site}/1/insight/${i}`, site, type: "io.edgewise.insight.v1", time: iso(start + i * 3600), lineage: hex(i * 4 + sites.indexOf(site)), object: `sites/${site}/insight/e000001/000000000001-000000001000.jsonl.zst`,
    data: { hour: iso(start + i * 3600), scored, mean_score: scored && wave(i, sites.indexOf(site)), high_risk: scored && i % 6, model: digest(5), rows: [hex(9000 + i)], worst: scored ? { lineage: hex(9000 + i), score: 0.86, flight: "9f31c2d0aa", dest: "ORD" } : null } };
}

function lanes(site, h) {
  return [["anomaly", 31, 0], ["insight", h, 0], ["sample", h * 14, 212]].map(([lane, events, denied]) => ({ lane, objects: 3, events, denied, last: events + denied, missing: 0, leak_bits_max: 61, policy: digest(77) }));
}

const reasons = { live: "", empty: "nothing heard from this site yet", stale: "silent for 48 s", error: "nothing leaves: lane sample: the store holds other bytes under this name",
  behind: "serves 2013-07; cannot take the wanted one: its digest is another", failing: "model 2013-07: the scorer ended", bare: "serves no model: no such repository" };
// Three more ways to be in trouble, beside a lane that stopped; the hub calls them all "error".
const troubles = { error: { stopped: "lane sample: the store holds other bytes under this name" }, behind: { desired: 5 }, failing: {}, bare: { desired: 5 } };
const served = (state) => ({ name: "delay", digest: state === "bare" ? "" : digest(5), version: state === "bare" ? "" : "2013-07", state: ["behind", "failing", "bare"].includes(state) ? "failed" : "live" });

// What waits to leave: a site that is well, one that has been offline for hours and gave events up, and one that says nothing of it.
const waiting = [{ lanes: { anomaly: { waiting: 0 }, insight: { waiting: 1 }, sample: { waiting: 14, oldest: iso(start) } }, last_stored: iso(start), offline_seconds: 0 },
  { lanes: { anomaly: { waiting: 2, oldest: iso(start) }, insight: { waiting: 40 }, sample: { waiting: 90211, dropped: 12 } }, offline_seconds: 16211 }, {}];

function overview(w) {
  if (w.empty) return { clock: null, latest: null, totals: { objects: 0, indexed: 0, doubled: 0, missing: 0, aside: 0 }, sites: [] };
  return { clock: iso(start + w.hours * 3600), latest: iso(start + w.hours * 3600), totals: { objects: 186, indexed: 162004 + w.hours, doubled: 0, missing: 0, aside: 1 },
    sites: sites.map((site, i) => ({ site, state: w.states[i] in troubles ? "error" : w.states[i], reason: reasons[w.states[i]], heard: iso(start), clock: w.states[i] === "empty" ? null : iso(start + w.hours * 3600), desired: w.deployed ? { number: 4 } : null,
      lanes: w.states[i] === "empty" ? [] : lanes(site, w.hours),
      status: w.states[i] === "empty" ? null : { desired: 4, applied: 4, scored: 52331 + w.hours, labelled: 51002, pending: 311, ...waiting[i % waiting.length], models: w.deployed ? [served(w.states[i])] : [], ...troubles[w.states[i]] } })) };
}

const model = (n, version, decision, reason, auc) => ({ version, digest: digest(n), decision, reason: ["promoted", "refused"].includes(decision) ? `${decision}: ${reason}` : reason, trained_until: iso(start), rows: 9584 * n, objects: 20 * n, training: { rows: 9584 * n, auc: auc + 0.03, logloss: 0.41 },
  holdout: { rows: 25000, auc, logloss: 0.43 }, served: decision === "refused" ? undefined : { rows: 26000, late_share: 0.24, logloss: 0.43 } });

function answers(w) {
  const list = w.empty ? [] : sites;
  const series = list.map((site, s) => ({ site, time: Array.from({ length: w.hours }, (_, i) => start + i * 3600), mean_score: Array.from({ length: w.hours }, (_, i) => (i % 24 < 4 ? null : wave(i, s))),
    scored: Array.from({ length: w.hours }, () => 14), high_risk: Array.from({ length: w.hours }, () => 2), lineage: Array.from({ length: w.hours }, (_, i) => hex(i * 4 + s)) }));
  const disruption = (site, date, hour, z, x) => ({ id: `${site}/1/anomaly/${hour}${z}`, site, lineage: hex(z * 10), object: "", time: iso(start), type: "", data: { hour: `${date}T${hour}:00:00Z`, date, z, x, median: 11, mad: 8, flights: 44 } });
  const features = (shift, rows) => ["overdue_wait", "delay_site_20", "temp", "departures_60", "gain_carrier_dest", "minute_of_day"].map((name, i) => ({ name, psi: [0.29 * shift, 0.11, 0.44, 0.06, 0.04, 0.01][i], seasonal: name === "temp", alarm: i === 0 && shift > 1 && rows >= 500 }));
  return {
    overview: overview(w),
    insights: { bucket: "hour", sites: series, recent: list.flatMap((site) => [1, 2, 3, 4].map((k) => insight(site, w.hours - k, k <= w.quiet ? 0 : undefined))).sort((a, b) => b.time.localeCompare(a.time)) },
    disruptions: { events: w.empty ? [] : [disruption("LGA", "2013-07-22", "21", 15, 131), disruption("LGA", "2013-07-22", "20", 12, 103), disruption("EWR", "2013-07-10", "22", 9, 82), disruption("JFK", "2013-07-10", "22", 8, 71), disruption("EWR", "2013-06-28", "23", 11, 96)] },
    drift: { events: list.map((site, s) => ({ id: `${site}/d`, site, lineage: "", object: "", time: iso(start), type: "", data: { from: iso(start - 2592000), to: iso(start), model: digest(5), alarm: s === 1, features: features(s === 0 ? 0.5 : 1.4, s === 1 ? 900 : 90) } })) },
    models: { models: w.empty ? [] : [model(1, "pilot", "pilot", "EWR's January, chosen by the data scientist", 0.756), model(2, "frozen", "frozen", "January to March at three sites", 0.772), model(4, "2013-05", "promoted", "log loss better by 0.0041 [0.0012, 0.0069] on 28 held-back days", 0.781),
      model(9, "2013-06-hardest", "refused", "log loss worse by 0.0310 [0.0268, 0.0355]: learned only from what the model got most wrong", 0.702), model(5, "2013-07", "promoted", "log loss better by 0.0018 [−0.0004, 0.0041] on 28 held-back days, above the tolerance", 0.786)] },
    compliance: { sites: list.map((site) => ({ site, lanes: lanes(site, w.hours) })), aside: w.empty ? [] : [{ object: "sites/JFK/sample/e000001/000000004001-000000005000.jsonl.zst", event: "", reason: "object: its bytes do not fit the manifest's digest" }] },
    timeline: { clock: iso(start), busy: w.busy, steps: w.empty ? [] : [["Pilot live at all sites", "done", "swapped with no failed request"], ["Frozen model live", "done", "swapped with no failed request"], ["Challenger 2013-05", "done", "promoted: promoted: gain +0.0041"], ["Challenger 2013-06-hardest", "done", "refused: refused: gain -0.0310"], ["Challenger 2013-07", "done", "promoted: gain +0.0018"], ["Roll out 2013-08", "running", ""]].map(([text, state, outcome], i) => ({ number: i + 1, at: iso(start - (6 - i) * 2592000), kind: "train", text, state, outcome })) },
  };
}

function lineage(id) {
  const isRow = Number.parseInt(id.slice(-5).replace(/^a+/, ""), 16) >= 9000;
  const object = "sites/EWR/sample/e000001/000000004001-000000005000.jsonl.zst";
  return { id, events: isRow ? [] : [{ ...insight("EWR", 330), lineage: id }], named_by: isRow ? [insight("EWR", 330)] : [], learned_by: isRow ? [model(5, "2013-07", "promoted", "", 0.78)] : [],
    scores: [{ lineage: hex(9330), site: "EWR", score: 0.86, label: 1, day: "2013-07-22", model: digest(5), object }, { lineage: hex(9331), site: "EWR", score: 0.41, label: null, model: digest(5) }],
    models: [{ ...model(5, "2013-07", "promoted", "log loss better by 0.0018 on 28 held-back days", 0.786), objects: [{ name: "history/EWR.jsonl.zst", digest: digest(31), rows: 27184, stored: false },
      ...[1, 2, 3].map((k) => ({ name: `sites/${sites[k - 1]}/sample/e000001/00000000${k}001-00000000${k + 1}000.jsonl.zst`, digest: digest(40 + k), rows: 988, stored: true, verified: true, samples: [hex(9000 + k), hex(9100 + k)] }))] }] };
}

/** Serves the built pages and this world on any free port. */
export async function serve(w, folder) {
  const types = { html: "text/html; charset=utf-8", js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://hub").pathname;
    const json = (status, value) => { response.writeHead(status, { "Content-Type": "application/json" }); response.end(JSON.stringify(value)); };
    if (path.startsWith("/api/")) {
      if (w.refuse) return json(503, { error: "the index is being opened" });
      const [what, id] = path.slice(5).split("/");
      if (what === "lineage") return json(200, lineage(id));
      const answer = answers(w)[what];
      return answer ? json(200, answer) : json(404, { error: "no such path" });
    }
    const name = path === "/" ? "index.html" : path.slice(1);
    const bytes = await readFile(`${folder}/${name}`).catch(() => null);
    if (!bytes) return json(404, { error: "no such page" });
    response.writeHead(200, { "Content-Type": types[name.split(".").pop()], "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'" });
    response.end(bytes);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { address: `http://127.0.0.1:${server.address().port}`, stop: () => { server.closeAllConnections(); server.close(); } };
}

// What the hub answers (docs/formats/hub_api.md), as far as the page reads it.
export interface Lane { lane: string; objects: number; events: number; denied: number; last: number; missing: number; leak_bits_max: number; policy: string }
export interface SiteStatus {
  desired?: number; applied?: number; scored?: number; labelled?: number; pending?: number; drained?: string; stopped?: string; refused?: string;
  models?: { name: string; digest: string; version?: string; state: string; reason?: string }[];
  lanes?: Record<string, { waiting?: number; dead?: number; damaged?: number; missing?: number; dropped?: number; oldest?: string }>;
  offline_seconds?: number; last_stored?: string; queue_bytes?: number; disk_free_bytes?: number;
}
export interface Site { site: string; state: "empty" | "live" | "stale" | "error"; reason: string; heard: string | null; clock: string | null; desired: object | null; status: SiteStatus | null; lanes: Lane[] }
export interface Overview {
  clock: string | null; latest: string | null; sites: Site[];
  totals: { objects: number; indexed: number; doubled: number; missing: number; aside: number };
}
export interface StoredEvent<Data> { id: string; site: string; type: string; time: string; lineage: string; object: string; data: Data }
export interface InsightData {
  hour: string; scored: number; mean_score: number | null; high_risk: number; labelled?: number; late?: number; model?: string;
  worst?: { lineage?: string; score?: number; flight?: string; tail?: string; dest?: string } | null;
}
export interface Series { site: string; time: number[]; mean_score: (number | null)[]; scored: number[]; high_risk: number[]; lineage: string[] }
export interface Insights { bucket: "hour" | "day"; sites: Series[]; recent: StoredEvent<InsightData>[] }
export interface DisruptionData { hour: string; date: string; z: number; x: number; median: number; mad: number; flights: number }
export interface DriftData { from: string; to: string; model: string; alarm: boolean; features: { name: string; psi: number; seasonal: boolean; alarm: boolean }[] }
export interface Quality { rows: number; auc: number; logloss: number }
export interface ModelHead { version: string | null; digest: string; decision?: string; reason?: string; trained_until?: string; rows?: number; object?: string }
export interface Model extends ModelHead {
  training?: Quality; holdout?: Quality; served?: { rows: number; late_share: number; logloss: number };
  gate?: { gain?: number; low?: number; high?: number } | null;
}
export interface Compliance { sites: { site: string; lanes: Lane[] }[]; aside: { object: string; event: string; reason: string }[] }
export interface Step { number: number; at: string; kind: string; text: string; state: "running" | "done" | "failed"; outcome: string }
export interface Timeline { clock: string | null; busy: boolean; steps: Step[] }
export interface Score { lineage: string; site: string; score: number | null; label: number | null; day?: string; model: string; object?: string }
export interface TrainingObject { name: string; digest: string; rows: number; stored: boolean; verified?: boolean; samples?: string[] }
export interface Lineage {
  id: string; events: StoredEvent<InsightData>[]; scores: Score[]; named_by: StoredEvent<InsightData>[]; learned_by: ModelHead[];
  models: (Omit<ModelHead, "objects"> & { objects: TrainingObject[] })[];
}

export async function ask<T>(path: string): Promise<T> {
  const answer = await fetch(`/api/${path}`, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) {
    const said = (await answer.json().catch(() => null)) as { error?: string } | null;
    throw new Error(said?.error ?? `the hub answered ${answer.status}`);
  }
  return (await answer.json()) as T;
}

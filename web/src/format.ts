const grouped = new Intl.NumberFormat("en-US");
const moment = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const full = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZone: "UTC" });

export const count = (n: number | undefined | null): string => (n === undefined || n === null ? "–" : grouped.format(n));
export const percent = (x: number | null | undefined): string => (x === null || x === undefined ? "–" : `${(100 * x).toFixed(1)}\u2009%`);
export const fixed = (x: number | null | undefined, digits: number): string => (x === null || x === undefined ? "–" : x.toFixed(digits).replace("-", "−"));
export const when = (iso: string | null | undefined): string => (iso ? moment.format(new Date(iso)) : "–");
export const day = (iso: string | null | undefined): string => (iso ? date.format(new Date(iso)) : "–");
export const whenFull = (iso: string | null | undefined): string => (iso ? `${full.format(new Date(iso))} UTC` : "–");
/** The first digits of a digest or a lineage id; the whole is in the title. */
export const short = (digest: string): string => digest.replace("sha256:", "").slice(0, 10);
/** "refused: refused: x" -> "refused: x": those who decide and those who note it both say the decision. */
export const once = (text: string): string => text.replace(/^(\w+: )\1+/, "$1");
/** "sites/EWR/sample/e000001/000000000001-000000001000.jsonl.zst" -> "EWR sample 1–1000" */
export function objectName(name: string): string {
  const parts = /^sites\/([^/]+)\/([^/]+)\/e\d+\/0*(\d+)-0*(\d+)\./.exec(name);
  return parts ? `${parts[1]} ${parts[2]}s ${grouped.format(Number(parts[3]))}–${grouped.format(Number(parts[4]))}` : name;
}
export const sitePlace = (sites: string[], site: string): number => Math.max(0, sites.indexOf(site)) % 6;

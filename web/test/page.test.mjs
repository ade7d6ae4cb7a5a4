// The page in a headless Chromium, against a made-up hub. CHROMIUM names another browser; EDGEWISE_WEB_OUT another build.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { serve, world } from "./hub.mjs";

const folder = process.env.EDGEWISE_WEB_OUT ?? new URL("../../build/web", import.meta.url).pathname;
let browser;
before(async () => { browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] }); });
after(async () => { await browser.close(); });

/** Runs `body` on a page that has shown its first answers; nothing may be logged as an error. */
async function onPage(changes, options, body) {
  const shown = { ...world(), ...changes };
  const hub = await serve(shown, folder);
  const page = await browser.newPage({ viewport: { width: 1360, height: 900 }, ...options });
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => { if (message.type() === "error") errors.push(message.text()); });
  try {
    await page.goto(hub.address);
    if (!shown.refuse) await page.waitForSelector(".link.good, .link.busy");
    await body(page, shown);
    if (!shown.refuse) assert.deepEqual(errors, []);
  } finally {
    await page.close();
    hub.stop();
  }
}

test("each of the four states of a site says what is the matter", async () => {
  await onPage({ states: ["live", "stale", "error"] }, {}, async (page) => {
    assert.equal(await page.textContent(".site.live .state"), "Live");
    assert.match(await page.textContent(".site.stale"), /Silent[\s\S]*silent for 48 s/);
    assert.match(await page.textContent(".site.error"), /Stopped[\s\S]*other bytes/);
  });
  await onPage({ states: ["empty", "live", "live"] }, {}, async (page) => assert.match(await page.textContent(".site.empty"), /No data yet/));
});

test("only a stopped lane is called stopped; a site that cannot take a new version still serves", async () => {
  await onPage({ states: ["behind", "failing", "bare"] }, {}, async (page) => {
    assert.match(await page.textContent(".site.warn"), /EWR[\s\S]*Cannot update[\s\S]*serves 2013-07; cannot take the wanted one: its digest[\s\S]*delay 2013-07/);
    assert.match(await page.textContent(".site.error >> nth=0"), /JFK[\s\S]*Failing[\s\S]*the scorer ended/);
    assert.match(await page.textContent(".site.error >> nth=1"), /LGA[\s\S]*No model[\s\S]*no such repository/);
    assert.equal(await page.locator("text=Stopped").count(), 0);
  });
  await onPage({ states: ["live", "live", "error"] }, {}, async (page) => assert.match(await page.textContent(".site.error"), /Stopped[\s\S]*nothing leaves: lane sample/));
});

test("what waits to leave a site, and whether it can, is on its card", async () => {
  await onPage({ states: ["live", "live", "live"] }, {}, async (page) => {
    assert.match(await page.textContent(".site >> nth=0"), /Waiting to leave\s*15\s*since[\s\S]*Last stored/);
    assert.equal(await page.locator(".site >> nth=0 >> text=Offline for").count(), 0);
    assert.match(await page.textContent(".site >> nth=1"), /90,253[\s\S]*not since its start[\s\S]*Offline for\s*16,211 s[\s\S]*Given up or set aside\s*12/);
    assert.doesNotMatch(await page.textContent(".site >> nth=2"), /Waiting to leave/);
  });
});

test("before the first deployment the page says what is missing, with the command", async () => {
  await onPage({ deployed: false }, {}, async (page) => {
    assert.match(await page.textContent("#missing"), /No model is deployed/);
    assert.ok((await page.textContent("#missing code")).startsWith(`edgewise deploy --hub ${new URL(page.url()).host} --model `));
  });
  await onPage({}, {}, async (page) => assert.equal(await page.textContent("#missing"), ""));
});

test("a drift report says why it alarms or not, on one scale, season apart", async () => {
  await onPage({}, {}, async (page) => {
    const said = await page.locator(".drift").allTextContents();
    assert.match(said[0], /steady[\s\S]*nothing of operations is over 0\.25/);
    assert.match(said[1], /drifts[\s\S]*alarm: overdue wait/);
    assert.match(said[2], /too few rows[\s\S]*1 over 0\.25, but no alarm on fewer than 500 rows/);
    const bars = await page.locator(".drift >> nth=1").locator("li").evaluateAll((rows) => rows.map((row) => {
      const bar = row.querySelector(".bar"), fill = bar.querySelector("i");
      return { psi: Number(row.querySelector(".mono").textContent), share: fill.offsetWidth / bar.offsetWidth, color: getComputedStyle(fill).backgroundColor, season: row.matches(".season") };
    }));
    for (const { psi, share } of bars) assert.ok(Math.abs(share - psi) < 0.02, `${psi} is shown as ${share}`);
    assert.deepEqual(bars.map((bar) => bar.season), [false, false, false, false, false, true]);
    assert.equal(new Set(bars.map((bar) => bar.color)).size, 2);
  });
});

test("hours in which nothing was scored stand back, and claim no mean", async () => {
  await onPage({ quiet: 1 }, {}, async (page) => assert.equal(await page.locator("#recent tr:has(.none)").count(), 0));
  await onPage({ quiet: 4 }, {}, async (page) => {
    assert.equal(await page.locator("#recent tr").count(), 9);
    assert.deepEqual(await page.locator("#recent tr >> nth=0").locator(".number").allTextContents(), ["–", "–", "–"]);
  });
});

test("a decision is said once", async () => {
  await onPage({}, {}, async (page) => {
    assert.match(await page.textContent("#timeline"), /refused: gain/);
    assert.doesNotMatch(await page.textContent("#timeline"), /(refused|promoted): \1/);
    assert.equal(((await page.textContent("#models tr:has(.verdict.bad)")).match(/refused/g)).length, 1);
  });
});

test("a hub without anything says so in every panel", async () => {
  await onPage({ empty: true }, {}, async (page) => {
    for (const id of ["sites", "recent", "chart", "disruptions", "timeline", "models", "drift", "compliance"]) {
      assert.equal(await page.locator(`#${id} .empty`).count(), 1, id);
    }
  });
});

test("a refused model shows its reason", async () => {
  await onPage({}, {}, async (page) => assert.match(await page.textContent("#models tr:has(.verdict.bad)"), /refused[\s\S]*got most wrong/));
});

test("lineage leads from an insight to training rows and back", async () => {
  await onPage({}, {}, async (page) => {
    await page.click("#recent [data-lineage] >> nth=0");
    await page.waitForSelector(".trace");
    const text = await page.textContent("#lineage-body");
    for (const part of ["Event", "Scores", "Model", "Learned from", "same bytes"]) assert.ok(text.includes(part), part);
    await page.click(".objects [data-lineage] >> nth=0");
    await page.waitForSelector("#lineage-body :text('Taught')");
    await page.click("#lineage-back");
    await page.waitForSelector("#lineage-body :text('scored')");
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#lineage[open]").count(), 0);
  });
});

test("a refresh moves nothing, and keeps focus and nodes", async () => {
  await onPage({}, {}, async (page, shown) => {
    const boxes = () => page.evaluate(() => [...document.querySelectorAll("section, .site, .chart")].map((e) => { const b = e.getBoundingClientRect(); return [b.x, b.y, b.width, b.height].map(Math.round).join(); }));
    await page.focus("#compliance .scroll");
    const before = await boxes();
    await page.evaluate(() => { window.kept = document.querySelector('.site[data-key="JFK"]'); });
    shown.hours += 1;
    await page.locator("#totals dd", { hasText: "162,341" }).first().waitFor({ timeout: 10_000 });
    assert.deepEqual(await boxes(), before);
    assert.ok(await page.evaluate(() => window.kept === document.querySelector('.site[data-key="JFK"]')));
    assert.ok(await page.evaluate(() => document.activeElement.matches("#compliance .scroll")));
  });
});

test("when the hub goes away the page says so, keeps what it knew, and recovers", async () => {
  await onPage({}, {}, async (page, shown) => {
    page.removeAllListeners("console");
    shown.refuse = true;
    await page.waitForSelector("#notice:not([hidden])", { timeout: 10_000 });
    assert.equal(await page.locator(".site").count(), 3);
    shown.refuse = false;
    await page.waitForSelector(".link.good", { timeout: 10_000 });
    assert.ok(await page.isHidden("#notice"));
  });
});

for (const [width, colorScheme] of [[360, "light"], [360, "dark"], [820, "light"], [1920, "dark"]]) {
  test(`fits a ${width} pixel wide ${colorScheme} screen, readable`, async () => {
    await onPage({ states: ["live", "stale", "error"] }, { viewport: { width, height: 800 }, colorScheme }, async (page) => {
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width);
      assert.deepEqual(await page.evaluate(lowContrast), []);
    });
  });
}

test("on a phone or a tablet nothing hides behind a scrollbar, and empty panels are small", async () => {
  const viewport = { width: 390, height: 800 };
  for (const width of [390, 820]) await onPage({}, { viewport: { width, height: 800 } }, async (page) => {
    assert.deepEqual(await page.locator(".scroll").evaluateAll((all) => all.filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.getAttribute("aria-label"))), []);
    assert.ok(await page.locator("#models .text >> nth=1").isVisible());
  });
  await onPage({ empty: true }, { viewport }, async (page) => {
    for (const panel of await page.locator(".panel").all()) assert.ok((await panel.boundingBox()).height < 220, await panel.textContent());
  });
});

test("everything that can be pressed has a name, and headings go in order", async () => {
  await onPage({}, {}, async (page) => {
    const nameless = await page.evaluate(() => [...document.querySelectorAll("button, a, [tabindex]")].filter((e) => !(e.getAttribute("aria-label") || e.textContent.trim())).length);
    assert.equal(nameless, 0);
    const levels = await page.evaluate(() => [...document.querySelectorAll("main h2, main h3")].map((e) => e.tagName));
    assert.equal(levels[0], "H2");
  });
});

/** Texts with less than 4.5 : 1 against what is behind them (WCAG 2.1 AA); runs in the page. */
function lowContrast() {
  const read = (color) => { const v = color.match(/[\d.]+/g).map(Number); return { rgb: v.slice(0, 3), alpha: v[3] ?? 1 }; };
  const light = (rgb) => rgb.map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4)).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => { for (let e = element; e; e = e.parentElement) { const c = read(getComputedStyle(e).backgroundColor); if (c.alpha === 1) return c.rgb; } return [255, 255, 255]; };
  const bad = [];
  for (const element of document.querySelectorAll("body *")) {
    if (element.closest(".u-wrap, dialog, .skip, .site.empty") || ![...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
    const a = light(read(getComputedStyle(element).color).rgb), b = light(ground(element));
    if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5) bad.push(`${element.className || element.tagName}: ${element.textContent.trim().slice(0, 30)}`);
  }
  return [...new Set(bad)];
}

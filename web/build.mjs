// Bundles the pages into the folder named by EDGEWISE_WEB_OUT, or ../build/web.
import { build } from "esbuild";
import { copyFile, mkdir } from "node:fs/promises";

const out = process.env.EDGEWISE_WEB_OUT ?? new URL("../build/web", import.meta.url).pathname;
await mkdir(out, { recursive: true });
await build({ entryPoints: { app: "src/main.ts", style: "src/style.css" }, outdir: out, bundle: true, minify: true, format: "esm", target: "es2022", logLevel: "warning" });
await copyFile("index.html", `${out}/index.html`);
await copyFile("src/icon.svg", `${out}/icon.svg`);

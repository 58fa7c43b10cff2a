// Bundles web/test/*.test.ts and runs them: node test/run.mjs [FILTER...]
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const outdir = resolve(here, "../../.cache/web-test");
const filters = process.argv.slice(2);
const entryPoints = readdirSync(here)
	.filter((name) => name.endsWith(".test.ts") && (filters.length === 0 || filters.some((f) => name.includes(f))))
	.map((name) => resolve(here, name));

if (entryPoints.length === 0) {
	console.error("no test file matches", filters.join(" "));
	process.exit(1);
}
rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });
await build({
	entryPoints,
	outdir,
	bundle: true,
	platform: "node",
	format: "esm",
	target: "node20",
	outExtension: { ".js": ".mjs" },
	sourcemap: "inline",
	logLevel: "warning",
});
const bundles = readdirSync(outdir).filter((name) => name.endsWith(".mjs"));
const { status } = spawnSync(
	process.execPath,
	[
		"--enable-source-maps",
		"--test",
		"--test-reporter=spec",
		"--test-timeout=30000",
		...bundles.map((name) => resolve(outdir, name)),
	],
	{ stdio: "inherit" },
);
process.exit(status ?? 1);

// Runs a TypeScript program under a Node that cannot:
//   node build/run-ts.mjs FILE [ARG...]
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const esbuild = createRequire(new URL("../web/package.json", import.meta.url))("esbuild");
const [file, ...args] = process.argv.slice(2);
const outfile = resolve(root, ".cache/run-ts", `${file.replaceAll(/[^\w]/g, "_")}.mjs`);

mkdirSync(resolve(root, ".cache/run-ts"), { recursive: true });
await esbuild.build({
	entryPoints: [file],
	bundle: true,
	platform: "node",
	format: "esm",
	packages: "external",
	outfile,
	logLevel: "warning",
	sourcemap: "inline",
});
const { status } = spawnSync(process.execPath, ["--enable-source-maps", outfile, ...args], { stdio: "inherit" });
process.exit(status ?? 1);

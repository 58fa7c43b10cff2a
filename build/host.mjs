// Bundles web/test/host.ts, which runs the core's tests:
//   node build/host.mjs OUTFILE
import { createRequire } from "node:module";

const esbuild = createRequire(new URL("../web/package.json", import.meta.url))("esbuild");
await esbuild.build({
	entryPoints: ["web/test/host.ts"],
	bundle: true,
	platform: "node",
	format: "esm",
	target: "node20",
	loader: { ".wasm": "binary" },
	outfile: process.argv[2],
	logLevel: "warning",
});

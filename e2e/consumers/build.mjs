// Builds each page with its bundler, as somebody would who has just installed
// the package:
//   node build.mjs OUT
import { copyFileSync, cpSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { build as vite } from "vite";
import webpack from "webpack";

const out = resolve(process.argv[2]);
process.chdir(dirname(fileURLToPath(import.meta.url)));
const wasmiko = "node_modules/wasmiko";

function copy(from, name, ...files) {
	mkdirSync(join(out, name), { recursive: true });
	for (const file of files) copyFileSync(join(from, file), join(out, name, file));
}

copy("plain", "plain", "index.html", "main.js", "page.css");
cpSync(wasmiko, join(out, "plain/wasmiko"), { recursive: true, dereference: true });

for (const name of ["vite", "react", "vue"])
	await vite({
		root: name,
		base: "./",
		logLevel: "warn",
		build: { outDir: join(out, name), emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 2000 },
	});

copy("webpack", "webpack", "index.html", "page.css");
await new Promise((done, fail) => {
	webpack(
		{
			context: resolve("webpack"),
			mode: "production",
			entry: "./main.js",
			experiments: { outputModule: true },
			output: { path: join(out, "webpack"), module: true, filename: "main.js", publicPath: "auto" },
			performance: { hints: false },
		},
		(error, stats) => {
			if (error || stats.hasErrors() || stats.hasWarnings()) fail(error ?? new Error(stats.toString()));
			else done();
		},
	);
});

// esbuild leaves new URL(…, import.meta.url) as it is: main.js says where the files are.
copy("esbuild", "esbuild", "index.html", "page.css");
await esbuild.build({
	absWorkingDir: process.cwd(), // it took note of the folder before we went to ours
	entryPoints: ["esbuild/main.js"],
	outdir: join(out, "esbuild"),
	bundle: true,
	splitting: true,
	format: "esm",
	minify: true,
	logLevel: "warning",
});
copy(wasmiko, "esbuild/static", "worker.js", "core.wasm");

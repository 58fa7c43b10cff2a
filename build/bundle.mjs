// Bundles the page with npm's esbuild:
//   node bundle.mjs CORE.wasm EXTRA.wasm WEB_DIST NPM_DIST MANIFEST VERSION
// WEB_DIST gets what the proxy serves: immutable files with a hash in their
// name below assets/, and a few stable names that point to them. NPM_DIST
// gets the package, with stable names throughout.
import { createHash } from "node:crypto";
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";

const require = createRequire(new URL("../web/package.json", import.meta.url));
const esbuild = require("esbuild");

const [core, extra, webDist, npmDist, manifestPath, version] = process.argv.slice(2);

const common = {
	bundle: true,
	format: "esm",
	target: ["es2022", "chrome120", "firefox121", "safari17"],
	minify: true,
	legalComments: "none",
	logLevel: "warning",
	loader: { ".svg": "text", ".wasm": "binary" },
	define: { WASMIKO_VERSION: JSON.stringify(version) },
};

// Stylesheets that a script imports go into shadow roots as text, bundled and
// minified like the rest; what a stylesheet imports is esbuild's own work.
const styleText = {
	name: "style-text",
	setup(build) {
		build.onResolve({ filter: /\.css$/ }, async ({ kind, path, resolveDir, pluginData }) => {
			if (kind !== "import-statement" || pluginData === styleText) return null;
			const found = await build.resolve(path, { kind, resolveDir, pluginData: styleText });
			return found.errors.length > 0 ? found : { path: found.path, namespace: "style-text" };
		});
		build.onLoad({ filter: /./, namespace: "style-text" }, async ({ path }) => {
			const { outputFiles } = await esbuild.build({ entryPoints: [path], bundle: true, minify: true, write: false });
			return { contents: outputFiles[0].text, loader: "text" };
		});
	},
};

// The page's copy of src/client/assets.ts knows the hashed names.
function hashedAssets(worker, wasm, extraWasm) {
	return {
		name: "hashed-assets",
		setup(build) {
			build.onLoad({ filter: /src[\\/]client[\\/]assets\.ts$/ }, () => ({
				contents: `
					export const workerURL = new URL("./${worker}", import.meta.url);
					export const wasmURL = new URL("./${wasm}", import.meta.url);
					export const extraURL = new URL("./${extraWasm}", import.meta.url);
					export const downloadsURL = new URL("../dl/worker.js", import.meta.url);
					export const relayURL = () => new URL("../relay", import.meta.url);`,
				loader: "ts",
			}));
		},
	};
}

const hash = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 12);

async function bundleWorker(outdir, entryNames) {
	const result = await esbuild.build({
		...common,
		entryPoints: ["web/src/worker/worker.ts"],
		outdir,
		entryNames,
		metafile: true,
	});
	return basename(Object.keys(result.metafile.outputs)[0]);
}

// The service worker of downloads: its folder is its scope, so it has one of its own.
async function bundleDownloads(outdir) {
	await esbuild.build({
		...common,
		format: "iife",
		entryPoints: [{ in: "web/src/worker/downloads.ts", out: "worker" }],
		outdir: join(outdir, "dl"),
	});
}

async function bundlePage() {
	const assets = join(webDist, "assets");
	mkdirSync(assets, { recursive: true });
	const wasm = `core-${hash(readFileSync(core))}.wasm`;
	copyFileSync(core, join(assets, wasm));
	const extraWasm = `extra-${hash(readFileSync(extra))}.wasm`;
	copyFileSync(extra, join(assets, extraWasm));
	const worker = await bundleWorker(assets, "[name]-[hash]");
	await bundleDownloads(webDist);

	const { metafile } = await esbuild.build({
		...common,
		entryPoints: [
			{ in: "web/app/app.ts", out: "app" },
			{ in: "web/app/embed.ts", out: "embed" },
			{ in: "web/app/embed.css", out: "embed" },
			{ in: "web/app/sign-in.ts", out: "sign-in" },
			{ in: "web/app/sign-in.css", out: "sign-in" },
			{ in: "web/src/client/index.ts", out: "wasmiko" },
			{ in: "web/src/element/index.ts", out: "element" },
			{ in: "web/src/frame/index.ts", out: "frame" },
		],
		outdir: assets,
		entryNames: "[name]-[hash]",
		chunkNames: "[name]-[hash]",
		assetNames: "[name]-[hash]",
		splitting: true,
		metafile: true,
		loader: { ...common.loader, ".woff2": "file" },
		plugins: [styleText, hashedAssets(worker, wasm, extraWasm)],
	});
	const built = (entry, ext) => {
		for (const [path, output] of Object.entries(metafile.outputs))
			if (output.entryPoint === entry && path.endsWith(ext)) return path;
		throw new Error(`no output for ${entry}`);
	};
	const app = built("web/app/app.ts", ".js");
	const page = (name) => {
		const script = built(`web/app/${name}.ts`, ".js");
		const preloads = staticImports(metafile, script).filter((f) => f !== script);
		return {
			[`${name}.js`]: relative(webDist, script),
			preload: preloads.map((f) => `<link rel="modulepreload" href="${relative(webDist, f)}">`).join(""),
		};
	};
	const style = (name) => ({ [`${name}.css`]: relative(webDist, built(`web/app/${name}.css`, ".css")) });

	stableName("lib/wasmiko.js", built("web/src/client/index.ts", ".js"));
	stableName("lib/element.js", built("web/src/element/index.ts", ".js"));
	stableName("lib/frame.js", built("web/src/frame/index.ts", ".js"));
	// The portal is a program, not a page of ours.
	cpSync("examples", join(webDist, "examples"), {
		recursive: true,
		filter: (f) => !f.startsWith(join("examples", "portal")),
	});
	copyFileSync(join(dirname(core), "third-party.txt"), join(webDist, "licenses.txt"));
	for (const f of readdirSync("web/app").filter((f) => /\.(svg|png|ico|webmanifest)$/.test(f)))
		copyFileSync(join("web/app", f), join(webDist, f));

	const static_ = staticImports(metafile, app);
	const loads = (entry) => staticImports(metafile, built(entry, ".js")).map((f) => relative(webDist, f));
	writeHTML("index.html", { ...page("app"), within: await within("app.css", "early.ts") });
	writeHTML("embed.html", { ...page("embed"), ...style("embed") });
	writeHTML("sign-in.html", { ...page("sign-in"), ...style("sign-in") });
	const manifest = {
		firstLoad: ["index.html", ...static_.map((f) => relative(webDist, f))],
		core: `assets/${wasm}`,
		worker: `assets/${worker}`,
		// What a page of somebody else loads, by what it imports.
		entries: {
			wasmiko: loads("web/src/client/index.ts"),
			"wasmiko/element": loads("web/src/element/index.ts"),
			"wasmiko/frame": loads("web/src/frame/index.ts"),
		},
	};
	writeFileSync(manifestPath, JSON.stringify(manifest, null, "\t"));
}

// A stable name re-exports its hashed file, so that embedders need no build
// of ours to know the URL and browsers may still keep the bytes for ever.
function stableName(name, target) {
	const path = join(webDist, name);
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, `export * from "${relative(dirname(path), target)}";\n`);
}

// All that a module loads before it runs; import() is not among it.
function staticImports(metafile, entry) {
	const seen = new Set();
	const visit = (path) => {
		if (seen.has(path)) return;
		seen.add(path);
		for (const i of metafile.outputs[path].imports) if (i.kind === "import-statement") visit(i.path);
	};
	visit(entry);
	return [...seen];
}

// What stands in a page itself: it is there as soon as the page is.
async function within(...names) {
	const { outputFiles } = await esbuild.build({
		...common,
		format: "iife",
		entryPoints: names.map((name) => `web/app/${name}`),
		outdir: webDist,
		write: false,
	});
	const element = (path) => (path.endsWith(".css") ? "style" : "script");
	return outputFiles.map(({ path, text }) => `<${element(path)}>${text.trim()}</${element(path)}>`).join("\n");
}

function writeHTML(file, values) {
	const html = readFileSync(`web/app/${file}`, "utf8").replace(/\{\{(.+?)\}\}/g, (_, name) => {
		if (!(name in values)) throw new Error(`web/app/${file} has {{${name}}}, which the build does not know`);
		return values[name];
	});
	writeFileSync(join(webDist, file), html);
}

async function bundlePackage() {
	mkdirSync(npmDist, { recursive: true });
	copyFileSync(core, join(npmDist, "core.wasm"));
	copyFileSync(extra, join(npmDist, "extra.wasm"));
	await bundleWorker(npmDist, "[name]");
	await bundleDownloads(npmDist);
	await esbuild.build({
		...common,
		minify: false,
		minifySyntax: true,
		entryPoints: [
			{ in: "web/src/client/index.ts", out: "index" },
			{ in: "web/src/element/index.ts", out: "element" },
			{ in: "web/src/frame/index.ts", out: "frame" },
		],
		outdir: npmDist,
		splitting: true,
		// Beside the entries, as the worker and the core are: URLs within a chunk are relative to it.
		chunkNames: "[name]-[hash]",
		plugins: [styleText],
	});
	copyFileSync(join(dirname(core), "third-party.txt"), join(npmDist, "LICENSES.txt"));
	copyFileSync("LICENSE", join(npmDist, "LICENSE"));
	copyFileSync("docs/npm.md", join(npmDist, "README.md"));
	copyFileSync("CHANGELOG.md", join(npmDist, "CHANGELOG.md"));
	writeFileSync(join(npmDist, "package.json"), `${JSON.stringify(packageJSON(), null, "\t")}\n`);
}

function packageJSON() {
	const entry = (name) => ({
		types: `./types/${name}/index.d.ts`,
		default: `./${name === "client" ? "index" : name}.js`,
	});
	return {
		name: "wasmiko",
		version: /^\d/.test(version) ? version : "0.0.0",
		description: "An SSH client that runs in a web page",
		license: "Apache-2.0",
		type: "module",
		sideEffects: ["./element.js"],
		exports: {
			".": entry("client"),
			"./element": entry("element"),
			"./frame": entry("frame"),
			"./worker.js": "./worker.js",
			"./core.wasm": "./core.wasm",
			"./extra.wasm": "./extra.wasm",
			"./package.json": "./package.json",
		},
		// Within the bundle already; its types are not.
		dependencies: { "@xterm/xterm": require("./package.json").dependencies["@xterm/xterm"] },
		files: ["*.js", "dl", "types", "core.wasm", "extra.wasm", "LICENSES.txt", "CHANGELOG.md"],
	};
}

await bundlePage();
await bundlePackage();

// Puts NAME.br and NAME.gz beside each file of a folder that gains by it:
//   node compress.mjs DIR CACHE
// The densest settings take seconds for the core, so results are kept in
// CACHE by the hash of what they compress.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const [dir, cache] = process.argv.slice(2);
mkdirSync(cache, { recursive: true });

const methods = {
	br: (bytes, path) =>
		promisify(brotliCompress)(bytes, {
			params: {
				// What few visitors fetch need not be as small as can be: 11 takes as long as for the core.
				[constants.BROTLI_PARAM_QUALITY]: /extra-[^/]*$/.test(path) ? 9 : 11,
				[constants.BROTLI_PARAM_LGWIN]: 24,
				[constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
			},
		}),
	gz: (bytes) => promisify(gzip)(bytes, { level: 9 }),
};

async function compress(path, ext) {
	const bytes = readFileSync(path);
	const kept = join(cache, `${createHash("sha256").update(bytes).digest("hex")}.${ext}`);
	if (!existsSync(kept)) {
		writeFileSync(`${kept}.part`, await methods[ext](bytes, path));
		renameSync(`${kept}.part`, kept);
	}
	const small = readFileSync(kept);
	// Below a packet's worth of gain, a second copy is only clutter.
	if (bytes.length - small.length > 200) copyFileSync(kept, `${path}.${ext}`);
}

const files = readdirSync(dir, { recursive: true, withFileTypes: true })
	.filter((e) => e.isFile() && /\.(html|css|js|svg|txt|wasm|json|webmanifest)$/.test(e.name))
	.map((e) => join(e.parentPath ?? e.path, e.name));
await Promise.all(files.flatMap((f) => Object.keys(methods).map((ext) => compress(f, ext))));

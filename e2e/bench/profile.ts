/** Where the Worker's time goes in a transfer: V8's own profiler, which needs no debugger, and a core with names. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bench, type Figures, MiB } from "./bench.ts";
import { type Figure, known } from "./row.ts";

const size = 256 * MiB;
const results = "../.cache/bench";
/** How many functions are listed. */
const listed = 60;

export const profile: Figures = {
	"profile-down": (bench) => row(bench, "down"),
	"profile-up": (bench) => row(bench, "up"),
};

async function row(bench: Bench, way: "down" | "up"): Promise<Figure[]> {
	const file = join(bench.sshd.dir, "profiled");
	const logs = mkdtempSync(join(tmpdir(), "wasmiko-profile-"));
	if (way === "down") execFileSync("sh", ["-c", 'head -c "$1" /dev/urandom >"$0"', file, String(size)]);
	try {
		execFileSync("go", ["run", "./build", "names"], { cwd: "..", stdio: "inherit" });
		const job = { kind: way === "down" ? "get" : "put", target: bench.target(), path: file, size };
		const flags = [`--js-flags=--prof --logfile=${join(logs, "v8.log")}`];
		await bench.page.run("/bench/sftp.html", job, { flags, core: "../.cache/build/core.named.wasm" });
		const samples = workerSamples(logs);
		mkdirSync(results, { recursive: true });
		const text = join(results, `profile-${way}.txt`);
		writeFileSync(text, report(samples));
		const shares = share(samples);
		const how = shares.map(([place, percent]) => `${place} ${percent.toFixed(0)}`);
		return [
			known({
				name: `profile-${way}`,
				unit: "%",
				wasmiko: shares[0]?.[1] ?? 0,
				lowerIsBetter: false,
				how: `samples of the Worker in the ciphers' kernels; all by place: ${how.join(", ")}; by function in ${text.slice(3)}`,
			}),
		];
	} finally {
		rmSync(file, { force: true });
		rmSync(logs, { recursive: true });
	}
}

/** Samples by function. */
type Samples = ReadonlyMap<string, number>;

/** Those of the thread that ran the core: each thread has a log of its own. */
function workerSamples(dir: string): Samples {
	const all = readdirSync(dir).map((name) => samplesOf(readFileSync(join(dir, name), "utf8")));
	const inGo = (samples: Samples) => sum([...samples].filter(([name]) => name.startsWith("runtime.")));
	const [worker] = all.sort((a, b) => inGo(b) - inGo(a));
	if (!worker || inGo(worker) === 0) throw new Error("no log has samples of the core");
	return worker;
}

interface Code {
	readonly end: number;
	readonly name: string;
}

/** Reads a log of V8: what code lies where at that time, and where the thread was. */
function samplesOf(log: string): Samples {
	const libraries: (Code & { readonly start: number })[] = [];
	const code = new Map<number, Code>();
	const samples = new Map<string, number>();
	let starts: number[] | undefined;
	const nameOf = (at: number): string => {
		starts ??= [...code.keys()].sort((a, b) => a - b);
		const start = starts[lastUpTo(starts, at)];
		const found = start === undefined ? undefined : code.get(start);
		if (found && at < found.end) return found.name;
		return libraries.find((each) => each.start <= at && at < each.end)?.name ?? "unknown";
	};
	for (const line of log.split("\n")) {
		const [kind, ...fields] = line.split(",");
		if (kind === "shared-library")
			libraries.push({
				start: Number(fields[1]),
				end: Number(fields[2]),
				name: `[${fields[0]?.split("/").at(-1)}]`,
			});
		else if (kind === "code-creation") {
			const start = Number(fields[3]);
			const name = fields[0] === "JS" || fields[0] === "Script" ? (fields[5] ?? "") : `[v8 ${fields[5]}]`;
			code.set(start, { end: start + Number(fields[4]), name });
			starts = undefined;
		} else if (kind === "code-move") {
			const [from, to] = [Number(fields[0]), Number(fields[1])];
			const moved = code.get(from);
			if (!moved) continue;
			code.delete(from);
			code.set(to, { end: to + moved.end - from, name: moved.name });
			starts = undefined;
		} else if (kind === "tick") {
			const name = nameOf(Number(fields[0]));
			samples.set(name, (samples.get(name) ?? 0) + 1);
		}
	}
	return samples;
}

/** The place of the last number that is not above a value. */
function lastUpTo(sorted: readonly number[], value: number): number {
	let [low, high] = [0, sorted.length];
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((sorted[middle] ?? 0) <= value) low = middle + 1;
		else high = middle;
	}
	return low - 1;
}

function sum(samples: Iterable<readonly [string, number]>): number {
	let all = 0;
	for (const [, count] of samples) all += count;
	return all;
}

const places = ["kernels", "Go's runtime", "other Go", "JavaScript", "browser, system and waiting"] as const;

function placeOf(name: string): (typeof places)[number] {
	// Of the code in WebAssembly the kernels' functions alone have no names.
	if (/^wasm-function\[/.test(name)) return "kernels";
	if (/^(runtime|internal_runtime_\w+)\.|^wasm_\w+$/.test(name)) return "Go's runtime";
	if (name.startsWith("[v8")) return "JavaScript";
	if (name.startsWith("[") || name === "unknown") return "browser, system and waiting";
	return name.includes(".") ? "other Go" : "JavaScript";
}

/** Percent of all samples by place. In the system are also those in which the thread waited. */
function share(samples: Samples): (readonly [string, number])[] {
	const all = sum(samples);
	return places.map((place) => [place, (100 * sum([...samples].filter(([n]) => placeOf(n) === place))) / all]);
}

function report(samples: Samples): string {
	const all = sum(samples);
	const lines = [...samples].sort(([, a], [, b]) => b - a).slice(0, listed);
	const text = lines.map(
		([name, n]) => `${String(n).padStart(7)} ${((100 * n) / all).toFixed(1).padStart(5)} %  ${name}`,
	);
	return `${all} samples of the Worker's thread, a millisecond apart, waiting included\n${text.join("\n")}\n`;
}

/** What a person sees. */
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { type Figures, MB, type Times } from "./bench.ts";
import { at, known, over } from "./row.ts";
import { median, quantile } from "./stats.ts";

export const terminal: Figures = {
	"echo-p50 echo-p99": async (bench) => {
		const native: number[] = [];
		const times: number[] = [];
		for (let i = 0; i < 3; i++) {
			native.push(...(await bench.relayed.echo(400)));
			const job = { kind: "echo", target: bench.target(), runs: 400 };
			times.push(...(await bench.page.run<Times>("/bench/library.html", job)).times);
		}
		const how = "main thread to main thread, 1,200 keys; native ssh through the same relay";
		return [
			over("echo-p50", quantile(times, 0.5), quantile(native, 0.5), 1, how),
			over("echo-p99", quantile(times, 0.99), quantile(native, 0.99), 5, how),
		];
	},

	"seq-2000000 flood-longest-task": async (bench) => {
		const job = { kind: "flood", target: bench.target(), lines: 2_000_000 };
		const runs: { ms: number; longest: number }[] = [];
		for (let i = 0; i < 3; i++) runs.push(await bench.page.run("/bench/terminal.html", job));
		const wasmiko = median(runs.map((r) => r.ms));
		const longest = median(runs.map((r) => r.longest));
		const how = "seq 1 2000000 in the terminal, to the prompt";
		return [
			known({ name: "seq-2000000", unit: "ms", wasmiko, lowerIsBetter: true, how }),
			at("flood-longest-task", "ms", longest, 50, "main thread, in that flood; 0: none over 50"),
		];
	},

	"colour-flood colour-flood-longest-task": async (bench) => {
		const path = `${bench.sshd.dir}/colour`;
		const lines = colour(path, 84 * MB);
		const job = { kind: "colour", target: bench.target(), path, lines };
		const run = await bench.page.run<{ ms: number; longest: number }>("/bench/terminal.html", job);
		rmSync(path);
		const how = "84 MB of colour in the terminal, every line counted";
		return [
			known({ name: "colour-flood", unit: "ms", wasmiko: run.ms, lowerIsBetter: true, how }),
			at("colour-flood-longest-task", "ms", run.longest, 50, "main thread, in that flood; 0: none over 50"),
		];
	},

	"scroll-100k resize-100k search-100k": async (bench) => {
		type Steps = Record<"scroll" | "resize" | "search", number[]>;
		const job = { kind: "scrollback", target: bench.target() };
		const { scroll, resize, search } = await bench.page.run<Steps>("/bench/terminal.html", job);
		const over = "with 100,000 lines above the screen";
		return [
			at("scroll-100k", "ms", Math.max(...scroll), 50, `the slowest jump, to the frame that shows it, ${over}`),
			at("resize-100k", "ms", Math.max(...resize), 500, `the slowest change of the width, ${over}`),
			at("search-100k", "ms", Math.max(...search), 500, `the slowest search, to its count, ${over}`),
		];
	},

	"ctrl-c": async (bench) => {
		const job = { kind: "ctrlC", target: bench.target() };
		const { times } = await bench.page.run<Times>("/bench/terminal.html", job);
		return [at("ctrl-c", "ms", median(times), 100, "from the key to the prompt, while yes floods")];
	},
};

/** Writes a file of that many bytes, full of colour; returns how many lines it has. */
function colour(path: string, bytes: number): number {
	const words = Array.from({ length: 16 }, (_, i) => `\x1b[38;5;${16 + 13 * i}m\x1b[${i % 2}mword${i}\x1b[0m `);
	const line = `${words.join("")}\n`;
	const block = line.repeat(1000);
	const file = openSync(path, "w");
	let lines = 0;
	for (; lines * line.length < bytes; lines += 1000) writeSync(file, block);
	closeSync(file);
	return lines;
}

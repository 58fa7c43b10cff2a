/** What a person sees. */
import type { Figures, Times } from "./bench.ts";
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

	"ctrl-c": async (bench) => {
		const job = { kind: "ctrlC", target: bench.target() };
		const { times } = await bench.page.run<Times>("/bench/terminal.html", job);
		return [at("ctrl-c", "ms", median(times), 100, "from the key to the prompt, while yes floods")];
	},
};

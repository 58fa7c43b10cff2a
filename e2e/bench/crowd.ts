/** What many cost a relay: many sessions, many that come and go, many that never come to anything. */
import { readdirSync } from "node:fs";
import { freePort } from "../process.ts";
import { type Figures, MiB, serve } from "./bench.ts";
import { Load } from "./load.ts";
import { anonymous, preciseSeconds } from "./processes.ts";
import { at, type Figure, known } from "./row.ts";
import { median, quantile } from "./stats.ts";

const sizes = [1, 10, 100, 1000, 2000];
/** How often each session has an echo. */
const rounds = (n: number) => (n < 100 ? 50 : n < 1000 ? 10 : 3);

export const crowd: Figures = {
	"half-open-p99 half-open-slowest half-open-memory": async (bench) => {
		const load = await new Load(bench).start();
		const { child, relay, url } = await serve([bench.page.origin]);
		const pid = child.process.pid ?? 0;
		const connects = async () => (await load.report<{ times: number[] }>("connect", relay, load.port, 1000)).times;
		const alone = await connects();
		const before = anonymous(pid);
		const lorises = load.talk("loris", new URL(url).host, 2000);
		try {
			await lorises.next();
			const times = await connects();
			const grown = (anonymous(pid) - before) / MiB;
			const quiet = `without them ${quantile(alone, 0.99).toFixed(1)}`;
			return [
				at(
					"half-open-p99",
					"ms",
					quantile(times, 0.99),
					100,
					`1,000 connects beside 2,000 half-open sockets; ${quiet}`,
				),
				at("half-open-slowest", "ms", Math.max(...times), 1000, "the slowest of them"),
				at("half-open-memory", "MiB", grown, 64, "what the relay is larger with them; anonymous memory"),
			];
		} finally {
			await lorises.stop();
			await child.stop();
			await load.stop();
		}
	},

	"churn-goroutines churn-files churn-memory churn-connect": async (bench) => {
		const load = await new Load(bench).start();
		const health = await freePort();
		const { child, relay } = await serve([bench.page.origin], "--health-listen", `127.0.0.1:${health}`);
		const pid = child.process.pid ?? 0;
		const goroutinesNow = async () => {
			const text = await (await fetch(`http://127.0.0.1:${health}/metrics`)).text();
			return Number(/^go_goroutines (\d+)/m.exec(text)?.[1]);
		};
		const look = async () => {
			// Those that gather the metrics are among them, one more or less each time.
			const seen: number[] = [];
			for (let i = 0; i < 51; i++) seen.push(await goroutinesNow());
			return { goroutines: median(seen), files: readdirSync(`/proc/${pid}/fd`).length, memory: anonymous(pid) };
		};
		try {
			await load.output("connect", relay, load.port, 1000);
			await later(3000);
			const before = await look();
			const { times } = await load.report<{ times: number[] }>("connect", relay, load.port, 10_000);
			await later(3000);
			const after = await look();
			const how = "after 10,000 sessions, over what it was after the first 1,000";
			return [
				at("churn-goroutines", "", after.goroutines - before.goroutines, 0, `more ${how}`),
				at("churn-files", "", after.files - before.files, 0, `more file descriptors ${how}`),
				at("churn-memory", "x", after.memory / before.memory, 1.1, `anonymous memory ${how}`),
				known({
					name: "churn-connect",
					unit: "ms",
					wasmiko: quantile(times, 0.5),
					lowerIsBetter: true,
					how: "a session opened, a byte there and back; median of them",
				}),
			];
		} finally {
			await child.stop();
			await load.stop();
		}
	},

	[[...sizes.flatMap(rowsOf), "session-memory-growth", "session-cpu-growth"].join(" ")]: async (bench) => {
		const load = await new Load(bench).start();
		const { child, relay } = await serve([bench.page.origin]);
		const pid = child.process.pid ?? 0;
		const sessions = load.talk("hold", relay, load.port);
		const rows: Figure[] = [];
		try {
			let before = { n: 0, memory: anonymous(pid) };
			for (const n of sizes) {
				await sessions.ask(String(n));
				await later(1000);
				const held = anonymous(pid);
				const since = preciseSeconds(pid);
				await sessions.ask(`echo ${rounds(n)}`);
				const cpu = ((preciseSeconds(pid) - since) / n / rounds(n)) * 1e6;
				const each = (held - before.memory) / (n - before.n) / 1024;
				rows.push(...costs(before.n, n, each, cpu));
				before = { n, memory: anonymous(pid) };
			}
			return [...rows, growth("memory", 1000, rows), growth("cpu", 10, rows)];
		} finally {
			await sessions.stop();
			await child.stop();
			await load.stop();
		}
	},
};

/** The rows of so many sessions. */
function rowsOf(n: number): [memory: string, cpu: string] {
	return [`session-memory-${n}`, `session-cpu-${n}`];
}

function costs(before: number, n: number, memory: number, cpu: number): Figure[] {
	const [ofMemory, ofCPU] = rowsOf(n);
	const more = before ? `each more session from ${before} to ${n}` : "the first session, and what is made once";
	const of = { lowerIsBetter: true };
	return [
		known({ ...of, name: ofMemory, unit: "KiB", wasmiko: memory, how: `${more}; anonymous memory of the relay` }),
		known({ ...of, name: ofCPU, unit: "us", wasmiko: cpu, how: `CPU of the relay for an echo, each of ${n} in turn` }),
	];
}

/** What one of the most sessions costs over what one of few does; of still fewer, what is made once hides it. */
function growth(name: "memory" | "cpu", few: number, rows: readonly Figure[]): Figure {
	const of = (n: number) => rows.find((row) => row.name === `session-${name}-${n}`)?.wasmiko ?? Number.NaN;
	const how = `what one of 2,000 sessions costs over what one of ${few} does`;
	return at(`session-${name}-growth`, "x", of(2000) / of(few), 1.2, how);
}

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

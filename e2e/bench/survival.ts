/** What becomes of sessions when a network goes away: how soon they know, and how soon they go on. */
import { Cutter } from "../cutter.ts";
import { type Figures, serve, type Times } from "./bench.ts";
import { Load } from "./load.ts";
import { at, known } from "./row.ts";
import { quantile } from "./stats.ts";

export const survival: Figures = {
	"resume-p95 resume-moved-p95 resume-hung-p95 resume-unaided-p95": async (bench) => {
		const load = await new Load(bench).start();
		try {
			const took = await load.report<Record<string, number[]>>("resume", bench.page.relay, load.port, 25);
			const p95 = (loss: string) => quantile(took[loss] ?? [], 0.95);
			const row = (name: string, loss: string, how: string) => at(name, "ms", p95(loss), 1500, how);
			const unaided = { name: "resume-unaided-p95", unit: "ms", wasmiko: p95("unaided"), lowerIsBetter: true };
			return [
				row("resume-p95", "told", "network back to a byte there and back; native client, 125 losses of 0.2-3 s"),
				row("resume-moved-p95", "moved", "the same when the old connection is dead and nobody says so: a new address"),
				row("resume-hung-p95", "hung", "the same when an attempt hangs that began while there was no network"),
				known({ ...unaided, how: "the first without a browser that tells of the return: the wait between attempts" }),
			];
		} finally {
			await load.stop();
		}
	},

	"resume-page-p95": async (bench) => {
		const { hostname, port, pathname } = new URL(bench.page.relay);
		const cutter = await new Cutter(Number(port)).start();
		const relay = `ws://${hostname}:${cutter.port}${pathname}`;
		const losses = Array.from({ length: 12 }, (_, i) => 200 + 200 * i);
		const job = { kind: "resume", target: { ...bench.target(), relay }, losses, sessions: 4 };
		const onMark = (name: string) => {
			cutter.down = name === "down";
			if (cutter.down) cutter.cut();
		};
		try {
			const { times } = await bench.page.run<Times>("/bench/library.html", job, { onMark });
			const how = "network back to a byte there and back; four sessions of a page, 12 losses of 0.2-2.4 s";
			return [at("resume-page-p95", "ms", quantile(times, 0.95), 1500, how)];
		} finally {
			cutter.stop();
		}
	},
};

/** How long a relay that stands still goes unnoticed. */
export const silence: Figures = {
	"detect-typing detect-idle": async (bench) => {
		const load = await new Load(bench).start();
		const relay = await serve([bench.page.origin]);
		const sessions = load.talk("detect", relay.relay, load.port, 40);
		try {
			await sessions.next();
			relay.child.process.kill("SIGSTOP");
			const seen = JSON.parse(await sessions.ask("now")) as Record<"typing" | "idle", number[]>;
			const slowest = (times: readonly number[]) => Math.max(...times) / 1000;
			const how = "until a relay that stands still (SIGSTOP) is noticed; slowest of 20 native sessions";
			return [
				at("detect-typing", "s", slowest(seen.typing), 10, `${how} that are typed into`),
				at("detect-idle", "s", slowest(seen.idle), 45, `${how} that say nothing`),
			];
		} finally {
			await relay.child.stop("SIGKILL");
			await sessions.stop();
			await load.stop();
		}
	},
};

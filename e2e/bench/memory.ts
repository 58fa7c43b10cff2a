/** What a connection and a large transfer cost the page in memory, and its Worker in time. */
import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type Figures, MiB } from "./bench.ts";
import { memory as bytesOf, renderers, workerSeconds } from "./processes.ts";
import { at } from "./row.ts";
import { median } from "./stats.ts";

const size = 1024 * MiB;
const GB = 1e9;

export const memory: Figures = {
	"transfer-memory idle-connection-memory worker-cpu-down worker-cpu-up": async (bench) => {
		const { loaded, idle, down, up } = await transfer(bench);
		const over = (phase: Phase) => (phase.peak - idle.usual) / MiB;
		const seconds = (phase: Phase) => phase.seconds / (size / GB);
		return [
			at(
				"transfer-memory",
				"MiB",
				Math.max(over(down), over(up)),
				96,
				`peak over idle while 1 GiB moves: ${Math.round(over(down))} down, ${Math.round(over(up))} up; PSS of the renderers`,
			),
			at(
				"idle-connection-memory",
				"MiB",
				(idle.usual - loaded.usual) / MiB,
				40,
				"connection and SFTP open, over the page before; PSS",
			),
			at(
				"worker-cpu-down",
				"s/GB",
				seconds(down),
				4.1,
				"CPU of the Worker's thread, 1 GiB into a file of the browser's",
			),
			at("worker-cpu-up", "s/GB", seconds(up), 3, "the same, back from it"),
		];
	},
};

/** What was seen between two marks of the page. */
interface Phase {
	readonly usual: number;
	readonly peak: number;
	readonly seconds: number;
}

async function transfer(bench: Bench): Promise<Record<"loaded" | "idle" | "down" | "up", Phase>> {
	const dir = join(bench.sshd.dir, "memory");
	mkdirSync(dir);
	const path = join(dir, "large");
	writeFileSync(path, "");
	truncateSync(path, size);
	const watch = new Watch();
	const job = { kind: "thereAndBack", target: bench.target(), path, size };
	await bench.page.run("/bench/sftp.html", job, { onMark: (name, browser) => watch.mark(name, browser) });
	rmSync(dir, { recursive: true });
	const phase = (name: string): Phase => {
		const seen = watch.phases.get(name);
		if (!seen) throw new Error(`the page did not come to ${name}`);
		return seen;
	};
	return { loaded: phase("loaded"), idle: phase("idle"), down: phase("down"), up: phase("up") };
}

/** Looks at the renderers all the time, and keeps what it saw under the name of each mark. */
class Watch {
	readonly phases = new Map<string, Phase>();
	#timer: NodeJS.Timeout | undefined;
	#samples: number[] = [];
	#since = 0;

	/** A phase ends: called by its name, and the next begins. */
	mark(name: string, browser: number): void {
		const look = () => this.#samples.push(bytesOf(renderers(browser)));
		look();
		const seconds = workerSeconds(renderers(browser));
		const [usual, peak] = [median(this.#samples), Math.max(...this.#samples)];
		this.phases.set(name, { usual, peak, seconds: seconds - this.#since });
		this.#since = seconds;
		this.#samples = [];
		clearInterval(this.#timer);
		this.#timer = setInterval(look, 200).unref();
	}
}

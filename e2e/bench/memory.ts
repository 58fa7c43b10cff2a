/** What a connection and a large transfer cost the page in memory, and its Worker in time. */
import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type Figures, MiB } from "./bench.ts";
import { at } from "./row.ts";
import { type Phase, Watch } from "./watch.ts";

const size = 1024 * MiB;
const GB = 1e9;

export const memory: Figures = {
	"transfer-memory worker-idle-memory worker-cpu-down worker-cpu-up": async (bench) => {
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
				"worker-idle-memory",
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
	const phase = (name: string): Phase => watch.phase(name);
	return { loaded: phase("loaded"), idle: phase("idle"), down: phase("down"), up: phase("up") };
}

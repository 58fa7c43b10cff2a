/** What much of something costs: many tabs, a large folder. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Figures, MiB, type Times } from "./bench.ts";
import { at, known } from "./row.ts";
import { Watch } from "./watch.ts";

const tabs = 50;
const million = 1_000_000;
/** Where a million files are made in seconds. What a disk does is not measured. */
const inMemory = "/dev/shm";

export const scale: Figures = {
	"tab-memory hidden-tab-cpu closed-tab-memory": async (bench) => {
		const watch = new Watch(500);
		const { sshd } = bench;
		const job = { key: sshd.read("user"), where: `${sshd.username}@127.0.0.1:${sshd.port}`, tabs, seconds: 10 };
		const onMark = (name: string, browser: number) => watch.mark(name, browser);
		const { alive } = await bench.page.run<{ alive: number }>("/?bench=tabs", job, {
			onMark,
			flags: ["--js-flags=--expose-gc"],
		});
		if (alive !== tabs) throw new Error(`${alive} sessions of ${tabs} were alive`);
		const [one, all, closed, collected] = ["oneIdle", "allIdle", "closedIdle", "collected"].map((name) =>
			watch.phase(name),
		);
		if (!one || !all || !closed || !collected) throw new Error("a phase is missing");
		const each = (bytes: number) => bytes / (tabs - 1) / MiB;
		const cpu = (1000 * (all.cpu / all.length - one.cpu / one.length)) / (tabs - 1);
		const held = `once JavaScript's garbage is collected ${each(collected.usual - one.usual).toFixed(1)}`;
		return [
			at("tab-memory", "MiB", each(all.usual - one.usual), 40, `of each more of ${tabs} sessions in one page; PSS`),
			at("hidden-tab-cpu", "ms/s", cpu, 1, `CPU of a session in a tab behind, of ${tabs}, Worker included`),
			at(
				"closed-tab-memory",
				"MiB",
				each(closed.usual - one.usual),
				1,
				`what each leaves when it is closed; PSS; ${held}`,
			),
		];
	},

	"list-million list-growth list-million-memory panel-million panel-million-key": async (bench) => {
		const home = mkdtempSync(join(existsSync(inMemory) ? inMemory : tmpdir(), "wasmiko-bench-"));
		try {
			const [small, large] = [folder(home, million / 10), folder(home, million)];
			const watch = new Watch(500);
			const job = { kind: "list", target: bench.target(), paths: [small, large], path: large, count: million };
			const onMark = (name: string, browser: number) => watch.mark(name, browser);
			const { times } = await bench.page.run<Times>("/bench/sftp.html", job, { onMark });
			const native = bench.direct.sftp(`ls -1f ${large}`) - bench.direct.sftpLogin;
			const { listed, keys } = await bench.page.run<{ listed: number; keys: number[] }>("/bench/panel.html", job);
			const [tenth = 0, whole = 0] = times;
			const memory = (watch.phase("listed").peak - watch.phase("connected").usual) / MiB;
			const time = { unit: "ms", lowerIsBetter: true };
			const how = "a folder of 1,000,000 read to its end; native ls -1f";
			const inPanel = "the same in the files panel, sorted as it comes";
			return [
				known({ name: "list-million", ...time, wasmiko: whole, peer: native, how }),
				at("list-growth", "x", whole / tenth / 10, 1.3, "time an entry there, over that in a folder of 100,000"),
				at("list-million-memory", "MiB", memory, 96, "peak over the connection before"),
				known({ name: "panel-million", ...time, wasmiko: listed, how: inPanel }),
				at("panel-million-key", "ms", Math.max(...keys), 50, "the slowest of End, Home and pages, to its frame"),
			];
		} finally {
			execFileSync("rm", ["-rf", home]);
		}
	},
};

/** A folder with so many empty files. */
function folder(home: string, count: number): string {
	const dir = join(home, `files-${count}`);
	mkdirSync(dir);
	execFileSync("sh", ["-c", 'cd "$0" && seq -f f%.0f "$1" | xargs -P 2 touch', dir, String(count)]);
	return dir;
}

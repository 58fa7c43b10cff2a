/** The relay alone: what it carries beside others of its kind, and what an idle session costs it. */
import { Child, freePort } from "../process.ts";
import { type Figures, MB, serve } from "./bench.ts";
import { type Listening, Load } from "./load.ts";
import { anonymous } from "./processes.ts";
import { at, type Figure, known, rate } from "./row.ts";
import { median } from "./stats.ts";

const bytes = 512 * MB;
const sessions = 2000;

export const relay: Figures = {
	"relay-throughput relay-throughput-up": async (bench) => {
		const load = await new Load(bench).start();
		const copier = await load.listening("forward", `127.0.0.1:${load.port}`);
		const other = await websockify(load.port);
		try {
			const ways: Way[] = [
				["relay", bench.page.relay],
				["tcp", `127.0.0.1:${copier.port}`],
			];
			if (other) ways.push(["websocket", `ws://127.0.0.1:${other.port}/`]);
			const down = await inTurn(load, ways, "down");
			const up = await inTurn(load, ways, "up");
			return [row("relay-throughput", down), row("relay-throughput-up", up)];
		} finally {
			for (const each of [other, copier]) await each?.child.stop();
			await load.stop();
		}
	},

	"relay-idle-memory": async (bench) => {
		const load = await new Load(bench).start();
		// One that has carried nothing yet.
		const { child, relay } = await serve([bench.page.origin]);
		const held = load.talk("hold", relay, load.port);
		const pid = child.process.pid ?? 0;
		try {
			const before = anonymous(pid);
			await held.ask(String(sessions));
			await new Promise((resolve) => setTimeout(resolve, 3000));
			const each = (anonymous(pid) - before) / sessions / 1024;
			return [
				at(
					"relay-idle-memory",
					"KiB",
					each,
					48,
					"of a session that says nothing, 2,000 open; anonymous memory of the relay",
				),
			];
		} finally {
			await held.stop();
			await child.stop();
			await load.stop();
		}
	},
};

type Way = readonly [kind: "relay" | "tcp" | "websocket", address: string];

/** MB/s of each way, medians: all in turn, so that a machine whose speed drifts is fair to them. */
async function inTurn(load: Load, ways: readonly Way[], direction: string): Promise<Map<string, number>> {
	const times = new Map<string, number[]>(ways.map(([kind]) => [kind, []]));
	for (let i = 0; i < 3; i++)
		for (const [kind, address] of ways) {
			const said = await load.output("copy", kind, address, load.port, direction, bytes);
			times.get(kind)?.push(Number(/took (\d+) ms/.exec(said)?.[1]));
		}
	return new Map([...times].map(([kind, ms]) => [kind, bytes / MB / (median(ms) / 1000)]));
}

function row(name: string, speeds: ReadonlyMap<string, number>): Figure {
	const [mine = 0, copy = 0, other] = ["relay", "tcp", "websocket"].map((kind) => speeds.get(kind));
	const how = `512 MB, native client; beside websockify; a TCP copy without WebSockets: ${Math.round(copy)}`;
	const as = { unit: "MB/s", wasmiko: mine, lowerIsBetter: false };
	if (other === undefined) return known({ name, ...as, how: `${how}; websockify is not installed` });
	return { ...rate(name, "MB/s", mine, other, 1.2, how), target: "at least 1.2 of websockify" };
}

/** The usual relay of noVNC, if this machine has it. */
async function websockify(target: number): Promise<Listening | undefined> {
	const port = await freePort();
	try {
		const child = new Child("websockify", [`127.0.0.1:${port}`, `127.0.0.1:${target}`]);
		await child.until(/proxying from/);
		return { child, port };
	} catch {
		return undefined;
	}
}

/** The relay alone: what it carries beside others of its kind, and what an idle session costs it. */
import { execFileSync, spawn } from "node:child_process";
import { Child, freePort } from "../process.ts";
import { type Figures, MB, serve } from "./bench.ts";
import { memory } from "./processes.ts";
import { at, type Figure, known, rate } from "./row.ts";
import { median } from "./stats.ts";

const bytes = 512 * MB;
const sessions = 2000;

export const relay: Figures = {
	"relay-throughput relay-throughput-up": async (bench) => {
		const load = bench.tool("relayload");
		const target = await listening(load, "target");
		const copier = await listening(load, "forward", `127.0.0.1:${target.port}`);
		const other = await websockify(target.port);
		try {
			const ways: Way[] = [
				["relay", bench.page.relay],
				["tcp", `127.0.0.1:${copier.port}`],
			];
			if (other) ways.push(["websocket", `ws://127.0.0.1:${other.port}/`]);
			const down = inTurn(load, ways, target.port, "down");
			const up = inTurn(load, ways, target.port, "up");
			return [row("relay-throughput", down), row("relay-throughput-up", up)];
		} finally {
			for (const each of [other, copier, target]) await each?.child.stop();
		}
	},

	"relay-idle-memory": async (bench) => {
		const load = bench.tool("relayload");
		const target = await listening(load, "target");
		// One that has carried nothing yet.
		const fresh = await serve(bench.page.origin);
		try {
			const pid = fresh.child.process.pid ?? 0;
			const before = memory([pid]);
			const after = await held(load, fresh.relay, target.port, () => memory([pid]));
			const each = (after - before) / sessions / 1024;
			return [at("relay-idle-memory", "KiB", each, 48, "of a session that says nothing, 2,000 open; PSS of the relay")];
		} finally {
			await fresh.child.stop();
			await target.child.stop();
		}
	},
};

type Way = readonly [kind: "relay" | "tcp" | "websocket", address: string];

/** MB/s of each way, medians: all in turn, so that a machine whose speed drifts is fair to them. */
function inTurn(load: string, ways: readonly Way[], port: number, direction: string): Map<string, number> {
	const times = new Map<string, number[]>(ways.map(([kind]) => [kind, []]));
	for (let i = 0; i < 5; i++)
		for (const [kind, address] of ways) {
			const args = ["copy", kind, address, String(port), direction, String(bytes)];
			const [, ms] = /took (\d+) ms/.exec(execFileSync(load, args, { encoding: "utf8" })) ?? [];
			times.get(kind)?.push(Number(ms));
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

interface Listening {
	readonly child: Child;
	readonly port: number;
}

async function listening(command: string, ...args: string[]): Promise<Listening> {
	const child = new Child(command, args);
	const [, port] = await child.until(/port (\d+)/);
	return { child, port: Number(port) };
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

/** What a look sees while the sessions are open, and have been for a while. */
async function held<T>(load: string, url: string, port: number, look: () => T): Promise<T> {
	const child = spawn(load, ["hold", url, String(port), String(sessions)], { stdio: ["pipe", "pipe", "inherit"] });
	const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
	const open = new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
	try {
		const early = ended.then((code) => Promise.reject(new Error(`relayload ended early: ${code}`)));
		await Promise.race([open, early]);
		await new Promise((resolve) => setTimeout(resolve, 3000));
		return look();
	} finally {
		child.stdin.end();
		await ended;
	}
}

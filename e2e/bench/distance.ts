/** A relay that is far away: what a round trip leaves of a transfer. */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { type Bench, type Figures, MB, MiB, type Times } from "./bench.ts";
import { type Figure, known } from "./row.ts";

/** In milliseconds; the first is as good as none. */
const roundTrips = [1, 20, 100, 300];
/** What may be on its way: of a download what the page lets the relay send, of an upload what OpenSSH lets a channel. */
const windows = { down: 4 * MiB, up: 2 * MiB };
/** So long a transfer takes at most where the window bounds it. */
const seconds = 4;
const most = 64 * MiB;

export const distance: Figures = {
	"far-down-1 far-down-20 far-down-100 far-down-300": (bench) => far(bench, "down"),
	"far-up-1 far-up-20 far-up-100 far-up-300": (bench) => far(bench, "up"),
};

async function far(bench: Bench, way: "down" | "up"): Promise<Figure[]> {
	const rows: Figure[] = [];
	for (const ms of roundTrips) {
		const bound = windows[way] / (ms / 1000);
		const size = Math.min(most, Math.ceil((bound * seconds) / MiB) * MiB);
		const speed = size / MB / ((await moved(bench, way, ms, size)) / 1000);
		const how = `${size / MiB} MiB by SFTP, ${ms} ms to the relay and back; a window of ${windows[way] / MiB} MiB lets ${(bound / MB).toFixed(1)} through`;
		rows.push(known({ name: `far-${way}-${ms}`, unit: "MB/s", wasmiko: speed, lowerIsBetter: false, how }));
	}
	return rows;
}

/** Milliseconds that a transfer takes. */
async function moved(bench: Bench, way: "down" | "up", ms: number, size: number): Promise<number> {
	const dir = join(bench.sshd.dir, "far");
	mkdirSync(dir);
	const path = join(dir, "file");
	if (way === "down") execFileSync("sh", ["-c", 'head -c "$1" /dev/urandom >"$0"', path, String(size)]);
	const relay = new URL(bench.page.relay);
	const line = new Line(Number(relay.port), ms / 2);
	try {
		relay.port = String(await line.start());
		const target = { ...bench.target(), relay: relay.href };
		const job = { kind: way === "down" ? "read" : "put", target, path, size };
		const { times } = await bench.page.run<Times>("/bench/sftp.html", job);
		return times[0] ?? Number.NaN;
	} finally {
		line.stop();
		rmSync(dir, { recursive: true });
	}
}

/** A long line to a port, with all the bandwidth that is wanted: every byte takes its time. */
class Line {
	readonly #sockets = new Set<Socket>();
	readonly #server;

	constructor(port: number, ms: number) {
		this.#server = createServer({ noDelay: true }, (near) => {
			const far = connect({ port, host: "127.0.0.1", noDelay: true });
			for (const [from, to] of [
				[near, far],
				[far, near],
			] as const) {
				this.#sockets.add(from);
				from.on("data", (chunk) => setTimeout(() => to.write(chunk), ms));
				from.on("error", () => {});
				from.on("close", () => setTimeout(() => to.destroy(), ms));
			}
		});
	}

	async start(): Promise<number> {
		await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
		return (this.#server.address() as AddressInfo).port;
	}

	stop(): void {
		for (const socket of this.#sockets) socket.destroy();
		this.#server.close();
	}
}

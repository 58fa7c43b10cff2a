import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A TCP port that leads to another, until it is cut. */
export class Cutter {
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();
	#left = Number.POSITIVE_INFINITY;
	#part = 0;
	#times = 0;
	/** Whether new connections are broken off at once: the network is gone. */
	down = false;
	/** How often connections were cut. */
	cuts = 0;
	/** How many bytes came through, both ways counted. */
	passed = 0;

	constructor(target: number) {
		this.#server = createServer((near) => {
			if (this.down) {
				near.on("error", () => {});
				near.resetAndDestroy();
				return;
			}
			const far = connect(target, "127.0.0.1");
			for (const [from, to] of [
				[near, far],
				[far, near],
			] as const) {
				this.#sockets.add(from);
				from.on("error", () => {});
				from.on("close", () => {
					this.#sockets.delete(from);
					to.destroy();
				});
				from.on("data", (chunk) => this.#count(chunk.length));
				from.pipe(to);
			}
		});
	}

	async start(): Promise<this> {
		await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
		return this;
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	/** Cuts once so many bytes more have passed, both ways counted; as often as that, again after as many. */
	cutAfter(bytes: number, times = 1): void {
		this.#left = this.#part = bytes;
		this.#times = times;
	}

	/** Cuts now. */
	cut(): void {
		this.cuts++;
		for (const socket of this.#sockets) socket.resetAndDestroy();
	}

	stop(): void {
		for (const socket of this.#sockets) socket.resetAndDestroy();
		this.#server.close();
	}

	#count(bytes: number): void {
		this.passed += bytes;
		this.#left -= bytes;
		if (this.#left > 0) return;
		this.#left = --this.#times > 0 ? this.#part : Number.POSITIVE_INFINITY;
		this.cut();
	}
}

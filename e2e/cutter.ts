import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A TCP port that leads to another, until it is cut. */
export class Cutter {
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();
	#left = Number.POSITIVE_INFINITY;
	/** How often connections were cut. */
	cuts = 0;
	/** How many bytes came through, both ways counted. */
	passed = 0;

	constructor(target: number) {
		this.#server = createServer((near) => {
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

	/** Cuts once so many bytes more have passed, both ways counted. */
	cutAfter(bytes: number): void {
		this.#left = bytes;
	}

	stop(): void {
		for (const socket of this.#sockets) socket.resetAndDestroy();
		this.#server.close();
	}

	#count(bytes: number): void {
		this.passed += bytes;
		this.#left -= bytes;
		if (this.#left > 0) return;
		this.#left = Number.POSITIVE_INFINITY;
		this.cuts++;
		for (const socket of this.#sockets) socket.resetAndDestroy();
	}
}

/** Connections through the server, both ways. */
import "./dispose.ts";
import type { Core } from "./core.ts";
import { SSHError } from "./errors.ts";
import { type BytePort, readableOf, writableOf } from "./port.ts";
import type { Abortable, Destination, IncomingTunnel, ListenAddress, Listener, Tunnel } from "./types.ts";

/** Opens a connection from the server to `to`. */
export async function openTunnel(core: Core, to: Destination, { signal }: Abortable): Promise<Tunnel> {
	const path = pathOf(to);
	const origin = "host" in to ? originOf(to.originator) : "";
	const { host, port } = path === "" ? placeOf(to as { host: string; port: number }, 1) : { host: "", port: 0 };
	if (path === "" && host === "") throw new TypeError("host is empty");
	const { stream } = await withStream(core, signal, (ports) =>
		core.call("forward", { host, port, path, origin }, { signal, ports }),
	);
	return new ByteTunnel(stream);
}

/** Has the server listen on `at`. */
export async function openListener(core: Core, at: ListenAddress, { signal }: Abortable): Promise<Listener> {
	const path = pathOf(at);
	const { host, port } = path === "" ? placeOf(at as { host: string; port: number }, 0) : { host: "", port: 0 };
	const listening = await core.call("listen", { host, port, path }, { signal });
	const address = path === "" ? { host, port: listening.port } : { path };
	return new RemoteListener(core, listening.listener, address);
}

function pathOf(place: ListenAddress): string {
	if (!("path" in place)) return "";
	if (typeof place.path !== "string" || place.path === "") throw new TypeError("path is empty");
	return place.path;
}

function placeOf({ host, port }: { host: string; port: number }, least: number): { host: string; port: number } {
	if (typeof host !== "string" || /[\s[\]/@]/.test(host))
		throw new TypeError(`host is ${JSON.stringify(host)}; it is a name or an address alone`);
	if (!Number.isInteger(port) || port < least || port > 65535)
		throw new RangeError(`port is ${port}; it is a number from ${least} to 65535`);
	return { host, port };
}

function originOf(originator: string | undefined): string {
	if (originator === undefined) return "";
	if (!/^(\[[^\]\s]+\]|[^\s:[\]]+):\d{1,5}$/.test(originator))
		throw new TypeError(`originator is ${JSON.stringify(originator)}; it is host:port, or [IPv6]:port`);
	return originator;
}

/** Opens a stream and makes the call that it belongs to. */
async function withStream<R>(
	core: Core,
	signal: AbortSignal | undefined,
	call: (ports: readonly MessagePort[]) => Promise<R>,
): Promise<{ readonly stream: BytePort; readonly result: R }> {
	signal?.throwIfAborted();
	const { stream, port } = core.open();
	try {
		return { stream, result: await call([port]) };
	} catch (error) {
		// The reset also closes a connection that opens after an abort.
		stream.reset(error);
		throw error;
	}
}

class ByteTunnel implements IncomingTunnel {
	declare readonly origin?: { readonly host: string; readonly port: number };
	readonly #stream: BytePort;
	#readable: ReadableStream<Uint8Array> | undefined;
	#writable: WritableStream<Uint8Array> | undefined;

	constructor(stream: BytePort, origin?: { host: string; port: number }) {
		this.#stream = stream;
		if (origin) this.origin = origin;
	}

	// Made when first asked for: before that, no credit is given.
	get readable(): ReadableStream<Uint8Array> {
		this.#readable ??= readableOf(this.#stream);
		return this.#readable;
	}

	get writable(): WritableStream<Uint8Array> {
		this.#writable ??= writableOf(this.#stream);
		return this.#writable;
	}

	async close(): Promise<void> {
		this.#stream.reset(new SSHError("closed", "The tunnel was closed.", { reason: "local" }));
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}
}

class RemoteListener implements Listener {
	readonly address: ListenAddress;
	readonly #core: Core;
	readonly #listener: number;
	#closed = false;

	constructor(core: Core, listener: number, address: ListenAddress) {
		this.#core = core;
		this.#listener = listener;
		this.address = address;
	}

	async accept({ signal }: Abortable = {}): Promise<IncomingTunnel> {
		const { stream, result } = await withStream(this.#core, signal, (ports) =>
			this.#core.call("accept", { listener: this.#listener }, { signal, ports }),
		);
		return new ByteTunnel(stream, result.host === "" ? undefined : result);
	}

	async *[Symbol.asyncIterator](): AsyncIterator<IncomingTunnel> {
		while (!this.#closed) {
			try {
				yield await this.accept();
			} catch (error) {
				if (this.#closed) return;
				throw error;
			}
		}
	}

	async close(): Promise<void> {
		if (this.#closed) return;
		this.#closed = true;
		try {
			await this.#core.call("unlisten", { listener: this.#listener });
		} catch {
			// The connection has ended, and the listener with it.
		}
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}
}

/** Makes connections. */
import { abortable } from "./abort.ts";
import { type Again, ConnectionEvents, SSHClient } from "./client.ts";
import { RunningCore } from "./core.ts";
import { SSHError } from "./errors.ts";
import { Lending } from "./lending.ts";
import { readKnownHosts, toWireConnect } from "./options.ts";
import { type BytePort, readableOf, writableOf } from "./port.ts";
import { handlersFor } from "./questions.ts";
import { loadModule } from "./runtime.ts";
import { blameTicket, withTicket } from "./ticket.ts";
import type { ConnectOptions, Duplex } from "./types.ts";

/**
 * Connects to an SSH server, checks its key, and logs in. Rejects with an
 * {@link SSHError} (a HostKeyError, an AuthError), with a TypeError or
 * RangeError if the options are wrong, and with `signal.reason` when aborted.
 */
export async function connect(given: ConnectOptions): Promise<SSHClient> {
	const options = withTicket(given);
	const { signal, relay } = options;
	signal?.throwIfAborted();
	// Mistakes first: an unread known_hosts changes nothing about them.
	toWireConnect(options, "");
	const hops = [options, ...(options.jump ?? [])];
	const reading = Promise.all(hops.map(({ hostKey }) => readKnownHosts(hostKey)));
	const [[knownHosts = "", ...onTheWay]] = await abortable(Promise.all([reading, loadModule()]), signal);
	const params = toWireConnect(options, knownHosts, onTheWay);
	const events = new ConnectionEvents();
	const lending = new Lending(options);
	const handlers = handlersFor(options, events, lending);
	const core = await RunningCore.start(handlers, (error) => events.end(error), lending);
	try {
		signal?.throwIfAborted();
		const ports = params.relay === "" ? [pump(relay as Duplex, core)] : [];
		const info = await core.call("connect", params, { signal, ports });
		return new SSHClient(core, info, events, options.jump ?? [], again(options));
	} catch (error) {
		core.end(new SSHError("closed", "The connection was not made.", { reason: "local" }));
		throw blameTicket(error, options);
	}
}

/** A caller's own stream cannot be opened twice. The key is known by now: it must be the very same. */
function again({
	onProgress: _,
	onBanner: __,
	onTrace: ____,
	signal: ___,
	...options
}: ConnectOptions): Again | undefined {
	if (typeof options.relay !== "string" && !(options.relay instanceof URL)) return undefined;
	return (first, { signal }) =>
		connect({ ...options, hostKey: { pin: first.fingerprint }, ...(signal ? { signal } : {}) });
}

/** Makes a caller's own stream the transport: its bytes go over a port of the call, with backpressure both ways. */
function pump({ readable, writable }: Duplex, core: RunningCore): MessagePort {
	const { stream, port } = core.open();
	readable.pipeTo(writableOf(stream)).catch((error: unknown) => breakOff(stream, error));
	readableOf(stream)
		.pipeTo(writable)
		.catch((error: unknown) => breakOff(stream, error));
	return port;
}

function breakOff(stream: BytePort, cause: unknown): void {
	stream.reset(new SSHError("relay", "The stream under the connection broke.", { reason: "lost", cause }));
}

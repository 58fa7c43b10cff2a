/** An SSH connection. */
import "./dispose.ts";
import type { RunningCore } from "./core.ts";
import { SSHError } from "./errors.ts";
import { exec } from "./exec.ts";
import type { SFTP, SFTPOptions } from "./filetypes.ts";
import { openListener, openTunnel } from "./forward.ts";
import { JumpClient } from "./jump.ts";
import { onWake } from "./link.ts";
import { openProcess, openShell, openSubsystem } from "./session.ts";
import { openSFTP } from "./sftp.ts";
import type {
	Abortable,
	ClientEvents,
	ClientState,
	ConnectionInfo,
	Destination,
	ExecOptions,
	ExecResult,
	Hop,
	ListenAddress,
	Listener,
	Process,
	Shell,
	ShellOptions,
	SpawnOptions,
	Tunnel,
} from "./types.ts";

/** How long an orderly goodbye may take before the Worker is ended anyway. */
const GOODBYE_MS = 1000;

type EventHearer<E> = ((event: E) => void) | { handleEvent(event: E): void };

/** Makes a second connection to the same server, with the same options. */
export type Again = (first: ConnectionInfo, options: Abortable) => Promise<SSHClient>;

/**
 * A connection, made by {@link connect}, for any number of commands and shells
 * at once. Close it: it holds a Worker. It closes itself when its page goes.
 * It dispatches the events of {@link ClientEvents}.
 */
export class SSHClient extends EventTarget implements AsyncDisposable {
	/** Resolves when the connection was closed from here; rejects with an {@link SSHError} if it ended otherwise. */
	readonly closed: Promise<void>;
	/** The hosts on the way, as `jump` listed them. They are open for more than passing through. */
	readonly jumps: readonly JumpClient[];
	readonly #core: RunningCore;
	readonly #again: Again | undefined;
	readonly #settle: (error: SSHError | undefined) => void;
	#info: ConnectionInfo;
	#state: ClientState = "ready";
	#closing: Promise<void> | undefined;
	readonly #sleep: () => void;

	/** Not for callers: {@link connect} makes clients. */
	constructor(
		core: RunningCore,
		info: ConnectionInfo,
		events: ConnectionEvents,
		jump: readonly Hop[] = [],
		again?: Again,
	) {
		super();
		this.#core = core;
		this.jumps = jump.map((hop, i) => new JumpClient(core, i + 1, hop));
		this.#again = again;
		this.#info = info;
		let settle: (error: SSHError | undefined) => void = () => {};
		this.closed = new Promise((resolve, reject) => {
			settle = (error) => (error ? reject(error) : resolve());
		});
		// A rejection that nobody looks at is no unhandled one.
		this.closed.catch(() => {});
		this.#settle = settle;
		events.attach((type, detail) => this.dispatchEvent(new CustomEvent(type, { detail })));
		events.onEnd((error) => this.#end(error));
		globalThis.addEventListener?.("pagehide", this.#leave);
		this.#sleep = onWake(() => void this.wake());
	}

	get state(): ClientState {
		return this.#state;
	}

	/** What is known of the connection: as it was at login, or at the last {@link refreshInfo}. */
	get info(): ConnectionInfo {
		return this.#info;
	}

	/** Asks the core anew: bytes, round trips and, after a rekey, the algorithms change. */
	async refreshInfo(options: Abortable = {}): Promise<ConnectionInfo> {
		this.#info = await this.#core.call("info", {}, options);
		return this.#info;
	}

	/** Runs a command to its end and collects its output. A non-zero exit is not an error. */
	exec(command: string, options: ExecOptions = {}): Promise<ExecResult> {
		return exec(this.#core, command, options);
	}

	/** Starts a command. */
	spawn(command: string, options: SpawnOptions = {}): Promise<Process> {
		return openProcess(this.#core, command, options);
	}

	/** Starts a subsystem of the server, such as `netconf`. For files, see {@link sftp}. */
	subsystem(name: string, options: Abortable = {}): Promise<Process> {
		return openSubsystem(this.#core, name, options);
	}

	/** Opens the user's login shell on a pseudo-terminal. */
	shell(options: ShellOptions = {}): Promise<Shell> {
		return openShell(this.#core, options);
	}

	/**
	 * Opens an SFTP session, to work with files. Each has a channel of its own;
	 * where a server allows just one, it has a connection of its own, for which
	 * secrets that are functions are asked anew.
	 */
	async sftp(options: SFTPOptions = {}): Promise<SFTP> {
		try {
			return await openSFTP(this.#core, options);
		} catch (error) {
			if (!(error instanceof SSHError) || error.reason !== "one-session" || !this.#again) throw error;
			const second = await this.#again(this.#info, options);
			return second.#onlySFTP(options);
		}
	}

	/**
	 * Opens a connection from the server to another place. Where sshd forbids
	 * it, the error's hint names the settings.
	 */
	forward(to: Destination, options: Abortable = {}): Promise<Tunnel> {
		return openTunnel(this.#core, to, options);
	}

	/** Has the server listen, and brings its connections here. */
	listen(at: ListenAddress, options: Abortable = {}): Promise<Listener> {
		return openListener(this.#core, at, options);
	}

	/**
	 * Says that now is a good moment to look for the relay: a lost one is tried at
	 * once, and one that seems well has to prove it. The client itself does so when
	 * the browser comes online or the machine wakes up.
	 */
	async wake(): Promise<void> {
		if (this.#state !== "closed") await this.#core.call("wake", {}).catch(() => {});
	}

	/** Ends the connection and all that runs over it, the hosts on the way last. */
	close(): Promise<void> {
		this.#closing ??= this.#sayGoodbye();
		return this.#closing;
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	override addEventListener<T extends keyof ClientEvents>(
		type: T,
		listener: EventHearer<ClientEvents[T]> | null,
		options?: boolean | AddEventListenerOptions,
	): void;
	override addEventListener(
		type: string,
		listener: EventListenerOrEventListenerObject | null,
		options?: boolean | AddEventListenerOptions,
	): void;
	override addEventListener(
		type: string,
		listener: EventListenerOrEventListenerObject | null,
		options?: boolean | AddEventListenerOptions,
	): void {
		super.addEventListener(type, listener, options);
	}

	/** The SFTP session for which this connection was made: it ends with it. */
	async #onlySFTP(options: SFTPOptions): Promise<SFTP> {
		try {
			return await openSFTP(this.#core, options, () => this.close());
		} catch (error) {
			void this.close();
			throw error;
		}
	}

	async #sayGoodbye(): Promise<void> {
		// After a loss, what is left to read may still hold the Worker.
		if (this.#state === "closed") return this.#core.end(closedHere());
		const waited = new Promise<void>((resolve) => setTimeout(resolve, GOODBYE_MS));
		await Promise.race([this.#core.call("disconnect", {}).catch(() => {}), waited]);
		this.#end(undefined);
	}

	readonly #leave = (): void => {
		void this.close();
	};

	#end(error: SSHError | undefined): void {
		if (this.#state === "closed") return;
		this.#state = "closed";
		globalThis.removeEventListener?.("pagehide", this.#leave);
		this.#sleep();
		if (error && !this.#closing) void this.#core.retire(error);
		else this.#core.end(error ?? closedHere());
		this.#settle(this.#closing ? undefined : error);
		this.dispatchEvent(new CustomEvent("statechange", { detail: this.#state }));
	}
}

function closedHere(): SSHError {
	return new SSHError("closed", "The connection was closed.", { reason: "local" });
}

type Detail<T extends keyof ClientEvents> = ClientEvents[T]["detail"];
type Dispatch = (type: keyof ClientEvents, detail: unknown) => void;

/** What happens on a connection, kept until its client is there to tell. */
export class ConnectionEvents {
	readonly #early: [keyof ClientEvents, unknown][] = [];
	#dispatch: Dispatch | undefined;
	#ended: { readonly error: SSHError | undefined } | undefined;
	#end: ((error: SSHError | undefined) => void) | undefined;

	/** Tells the client, or keeps it. */
	emit<T extends keyof ClientEvents>(type: T, detail: Detail<T>): void {
		if (this.#dispatch) this.#dispatch(type, detail);
		else this.#early.push([type, detail]);
	}

	/** The connection has ended. */
	end(error: SSHError | undefined): void {
		this.#ended ??= { error };
		this.#end?.(error);
	}

	/** Dispatches what was kept, once the caller of connect has had the chance to listen. */
	attach(dispatch: Dispatch): void {
		this.#dispatch = dispatch;
		setTimeout(() => {
			for (const [type, detail] of this.#early.splice(0)) dispatch(type, detail);
		}, 0);
	}

	onEnd(end: (error: SSHError | undefined) => void): void {
		this.#end = end;
		if (this.#ended) queueMicrotask(() => end(this.#ended?.error));
	}
}

/** The hosts on the way to a server, which can be used themselves. */
import type { Core } from "./core.ts";
import { exec } from "./exec.ts";
import type { SFTP, SFTPOptions } from "./filetypes.ts";
import { openListener, openTunnel } from "./forward.ts";
import { openProcess, openShell, openSubsystem } from "./session.ts";
import { openSFTP } from "./sftp.ts";
import type {
	Abortable,
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

/** A jump host of an {@link SSHClient}: its methods are the client's, and it ends with it. */
export class JumpClient {
	readonly host: string;
	readonly username: string;
	readonly #core: Core;

	/** Not for callers: see {@link SSHClient.jumps}. */
	constructor(core: Core, number: number, { host, username }: Hop) {
		this.host = host;
		this.username = username;
		this.#core = at(core, number);
	}

	info(options: Abortable = {}): Promise<ConnectionInfo> {
		return this.#core.call("info", {}, options);
	}

	exec(command: string, options: ExecOptions = {}): Promise<ExecResult> {
		return exec(this.#core, command, options);
	}

	spawn(command: string, options: SpawnOptions = {}): Promise<Process> {
		return openProcess(this.#core, command, options);
	}

	subsystem(name: string, options: Abortable = {}): Promise<Process> {
		return openSubsystem(this.#core, name, options);
	}

	shell(options: ShellOptions = {}): Promise<Shell> {
		return openShell(this.#core, options);
	}

	sftp(options: SFTPOptions = {}): Promise<SFTP> {
		return openSFTP(this.#core, options);
	}

	forward(to: Destination, options: Abortable = {}): Promise<Tunnel> {
		return openTunnel(this.#core, to, options);
	}

	listen(address: ListenAddress, options: Abortable = {}): Promise<Listener> {
		return openListener(this.#core, address, options);
	}
}

/** The calls that name a server; all others go by what those opened. */
const NAMING = new Set(["info", "start", "sftp", "forward", "listen"]);

/** The core, with one of the hosts on the way in the target's place. */
function at(core: Core, hop: number): Core {
	return {
		call: (method, params, options) => core.call(method, NAMING.has(method) ? { ...params, hop } : params, options),
		open: () => core.open(),
		lend: (agent) => core.lend(agent, hop),
		watch: (listener) => core.watch(listener),
		work: (job) => core.work(job),
	};
}

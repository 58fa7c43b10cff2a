/**
 * The shapes of the library's public face. What a caller passes in and gets
 * back; classes live in files of their own.
 */
import type { Agent, HeldKey } from "./agent.ts";
import type { SSHClient } from "./client.ts";
import type { TerminalModes } from "./modes.ts";

/** A value, or a function that is asked for it when, and only if, it is needed. */
export type Lazy<T> = T | ((ask: Ask) => T | Promise<T>);

/** What a {@link Lazy} secret is asked with. */
export interface Ask {
	/** Aborts when the answer is no longer wanted. */
	readonly signal: AbortSignal;
	readonly host: string;
	readonly username: string;
	/** From 1; more than 1: the answer before was wrong. */
	readonly attempt: number;
	/** Which factor this is, from 1; more than 1 after a partial success. */
	readonly step: number;
	/** What the key is called, for passphrases. */
	readonly keyName?: string;
}

/** A server's wish for a new password; `attempt` counts what it was offered. */
export interface PasswordChange extends Ask {
	/** The server's words, untrusted. After the first attempt they may say what was wrong with it. */
	readonly prompt: string;
}

/** Any two-way stream of bytes. */
export interface Duplex {
	readonly readable: ReadableStream<Uint8Array>;
	readonly writable: WritableStream<Uint8Array>;
}

/** What can be given up before it is done. */
export interface Abortable {
	/** Rejects with `signal.reason` when aborted. */
	readonly signal?: AbortSignal;
}

/** A server to log in to. */
export interface Hop {
	/** A name or an IP address, IPv6 without brackets; behind a jump host, as that host sees it. */
	readonly host: string;
	/** 22 if absent. */
	readonly port?: number;
	readonly username: string;
	/** Ways to log in, tried in order, several if the server wants several. */
	readonly auth: readonly Auth[];
	/** Which host keys to accept. Required: no default is safe. */
	readonly hostKey: HostKeyPolicy;
	/** The name under which the key is filed in known_hosts; host and port if absent. */
	readonly hostKeyAlias?: string;
	/** What is offered. The hardened defaults if absent: leave it so unless the server is too old for them. */
	readonly algorithms?: Algorithms;
}

/**
 * Which algorithms are offered: lists by their names in SSH, best first, in
 * place of the defaults. "legacy" adds to the defaults what devices of the
 * 2000s speak: SHA-1 and CBC. Use that for one host at a time.
 */
export type Algorithms =
	| "legacy"
	| {
			readonly keyExchanges?: readonly string[];
			readonly hostKeys?: readonly string[];
			readonly ciphers?: readonly string[];
			readonly macs?: readonly string[];
			/** Signatures to log in with, of RSA keys. */
			readonly publicKeys?: readonly string[];
	  };

/** Options of {@link connect}. */
export interface ConnectOptions extends Hop, Abortable {
	/** URL of a proxy's relay (http: and https: count as ws: and wss:; relative ones are resolved), or any stream of your own. */
	readonly relay: string | URL | Duplex;
	/**
	 * Hosts on the way, the nearest first. Each has a login and a host key check
	 * of its own, and none can read what passes; see {@link SSHClient.jumps}.
	 */
	readonly jump?: readonly Hop[];
	/** From a portal; names the target. */
	readonly ticket?: string;
	/** Milliseconds between keepalives; 15,000 if absent; 0 switches them off. */
	readonly keepAliveMs?: number;
	/** Aborts connecting; later aborts do nothing: use {@link SSHClient.close}. */
	readonly signal?: AbortSignal;
	/** Called for each step of connecting. */
	onProgress?(step: Progress): void;
	/** Called for each line of the log, from the start; the event `trace` has the same. */
	onTrace?(event: TraceEvent): void;
	/** Called with the server's text before login (RFC 4252 section 5.4). Untrusted: show it as text. */
	onBanner?(message: string): void;
}

/** A way to log in. */
export type Auth =
	| {
			readonly type: "password";
			readonly password: Lazy<string>;
			/**
			 * Gives a new password when the server says that the old one has expired
			 * (RFC 4252 section 8). Absent: that ends this way to log in.
			 */
			change?(wanted: PasswordChange): string | Promise<string>;
	  }
	| {
			readonly type: "publickey";
			/** Text of a private key (OpenSSH, PEM or PuTTY, encrypted or not), or a key that the browser holds. */
			readonly key: string | Uint8Array | HeldKey;
			readonly passphrase?: Lazy<string>;
			/** Text of an OpenSSH user certificate, `id_ed25519-cert.pub`: shown to the server before the plain key. */
			readonly certificate?: string;
			/** What prompts call the key. */
			readonly name?: string;
	  }
	| {
			readonly type: "agent";
			/** Its keys are tried in the order in which it lists them; most servers stop counting at six. */
			readonly agent: Agent;
	  }
	| { readonly type: "keyboard-interactive"; answer(challenge: Challenge): Promise<readonly string[]> };

/** One round of keyboard-interactive (RFC 4256 section 3.2). All of its text is the server's: untrusted. */
export interface Challenge {
	readonly name: string;
	readonly instruction: string;
	readonly prompts: readonly { readonly text: string; readonly echo: boolean }[];
	/** From 1, within the attempt. */
	readonly round: number;
	/** From 1; more than 1: the answers before were wrong. */
	readonly attempt: number;
	/** Which factor this is, from 1; more than 1 after a partial success. */
	readonly step: number;
	readonly host: string;
	readonly username: string;
	readonly signal: AbortSignal;
}

/** Which host keys to accept. A changed or revoked key is refused under every policy. */
export type HostKeyPolicy =
	| { readonly pin: string | readonly string[] }
	| {
			/**
			 * Fingerprints, such as the one that a link names: the key must be one of these as well. For a host of which
			 * nothing is known that is enough: nobody is asked, and nothing is stored.
			 */
			readonly pin?: string | readonly string[];
			/** Text of a known_hosts file, or a place that keeps one. */
			readonly knownHosts: string | KnownHostsStore;
			/** Text of known_hosts files that count as well and are never changed, such as an administrator's list. */
			readonly systemKnownHosts?: string | readonly string[];
			/** "reject" if absent. "warn" accepts and stores nothing; "add" accepts and remembers; a function asks. */
			readonly onUnknown?: "reject" | "warn" | "add" | ((key: HostKey) => Promise<Decision>);
	  };

/** What a person says to a key that is not known. */
export type Decision = "once" | "remember" | "reject";

/** Keeps a known_hosts file. */
export interface KnownHostsStore {
	/** The whole text. */
	read(): Promise<string>;
	/** Adds a line, without its line end. */
	add(line: string): Promise<void>;
	/** Takes lines out; without it, keys that a server no longer has stay. */
	remove?(lines: readonly string[]): Promise<void>;
}

/** A key that a server showed. */
export interface HostKey {
	readonly host: string;
	readonly port: number;
	/** The algorithm, such as `ssh-ed25519`. */
	readonly type: string;
	/** `SHA256:…`, as `ssh-keygen -l` prints it. */
	readonly fingerprint: string;
	/** The key in wire format. */
	readonly key: Uint8Array;
	/** As it would stand in known_hosts. */
	readonly line: string;
	/** Other names under which this very key is known. */
	readonly sameKeyAs: readonly string[];
	/** Keys of other types known for this host. */
	readonly otherKnown: readonly KnownKey[];
}

/** A key that known_hosts holds. */
export interface KnownKey {
	readonly type: string;
	readonly fingerprint: string;
	/** Verbatim. */
	readonly line: string;
	/** From 1. */
	readonly lineNumber: number;
	/** It stands in one of `systemKnownHosts`. */
	readonly system?: boolean;
}

/** How far connecting has come. */
export interface Progress {
	readonly step: "relay" | "tcp" | "kex" | "hostkey" | "auth" | "ready" | "rekey";
	/** A version, an algorithm, a method: for people. */
	readonly detail: string;
	/** The jump host whose step it is; absent: the target's. */
	readonly jump?: string;
}

/** A line of the log: no secret is in it, and nothing of what is sent and received. */
export interface TraceEvent {
	/** kex, hostkey, auth, ready, channel, rekey, closed; there may be more. */
	readonly step: string;
	/** For people. Some of it is the server's: untrusted. */
	readonly detail: string;
	/** Whether a person should know. */
	readonly warning: boolean;
	/** The jump host that it is about; absent: the target. */
	readonly jump?: string;
	/** When, in milliseconds since 1970. */
	readonly time: number;
}

/** What a server tells about its keys after login, so that they are known before they are needed. */
export interface HostKeyUpdate {
	/** The server has proved to hold them. */
	readonly added: readonly HostKey[];
	/** Filed for it; it no longer has them. */
	readonly gone: readonly KnownKey[];
	/** Adds what is new to the store that `hostKey` named, and takes out what has gone if the store can `remove`. */
	accept(): Promise<void>;
}

/** How a connection is. */
export type ClientState = "connecting" | "ready" | "closed";

/**
 * How the way to the relay stands. While it is lost everything waits: nothing
 * is lost, and reads, writes and transfers go on when it is found again.
 */
export interface LinkState {
	readonly up: boolean;
	/** Which attempt at reaching the relay this is, from 1. */
	readonly attempt: number;
	/** Until that attempt; 0: it is being made. */
	readonly waitMs: number;
	/** Since the loss. */
	readonly awayMs: number;
	/** For so long after the loss the relay keeps the session. */
	readonly holdMs: number;
}

/** The relay is about to stop. Until then everything goes on; after it, another `connect` may be served by its successor. */
export interface GoAwayNotice {
	/** Then it ends the connection, unless that has ended before; 0: at any moment. */
	readonly afterMs: number;
}

/** What {@link SSHClient.info} tells, as of now: bytes, round trips and, after a rekey, algorithms change. */
export interface ConnectionInfo {
	readonly serverVersion: string;
	readonly clientVersion: string;
	readonly keyExchange: string;
	readonly hostKeyType: string;
	readonly fingerprint: string;
	readonly cipherIn: string;
	readonly cipherOut: string;
	readonly macIn: string;
	readonly macOut: string;
	readonly postQuantum: boolean;
	readonly strictKex: boolean;
	/** How the host key signed. */
	readonly hostKeyAlgorithm: string;
	/** Which of the algorithms are too old to be safe; empty by default, for none of those is offered. */
	readonly weak: readonly string[];
	readonly sessionId: string;
	readonly bytesIn: number;
	readonly bytesOut: number;
	/** Round-trip time of the last keepalive in milliseconds; 0: none yet. */
	readonly rttMs: number;
	/** Whether this browser computes ChaCha20-Poly1305 in SIMD; without, transfers are slower. */
	readonly simd: boolean;
}

/** A pseudo-terminal. */
export interface PTY {
	/** `xterm-256color` if absent. */
	readonly term?: string;
	/** 80 if absent. */
	readonly cols?: number;
	/** 24 if absent. */
	readonly rows?: number;
	/** How the terminal treats what passes, such as `{ ECHO: 0 }`; what is absent is left to the server. */
	readonly modes?: TerminalModes;
}

/** How a command is started. */
export interface SpawnOptions extends Abortable {
	/** Environment variables; most servers accept few (sshd's AcceptEnv). */
	readonly env?: Readonly<Record<string, string>>;
	/** true: a pseudo-terminal of default size. With one, stderr comes in stdout. */
	readonly pty?: boolean | PTY;
	/**
	 * Lends an agent to the server, whose programs may then have it sign while
	 * the connection lasts. Absent, the rule: none. A {@link KeyAgent} asks
	 * before each such use.
	 */
	readonly agent?: Agent;
}

/** How a shell is opened. */
export interface ShellOptions extends Abortable, PTY {
	/** Runs this in place of the login shell: `tmux new -A`, say. */
	readonly command?: string;
	readonly env?: Readonly<Record<string, string>>;
	/**
	 * Lends an agent to the server, whose programs may then have it sign while
	 * the connection lasts. Absent, the rule: none. A {@link KeyAgent} asks
	 * before each such use.
	 */
	readonly agent?: Agent;
}

/** How a command is run to its end. */
export interface ExecOptions extends SpawnOptions {
	/** Written to the command's stdin, then EOF. Without it stdin is at EOF at once. */
	readonly input?: string | Uint8Array | ReadableStream<Uint8Array>;
	/** Milliseconds after which the channel is closed and a TimeoutError thrown that carries the output so far. */
	readonly timeout?: number;
	/** Likewise after that long without any output. */
	readonly idleTimeout?: number;
	/** Most bytes to keep of each stream; 64 MiB if absent. More is an ExecError that carries them. */
	readonly maxOutput?: number;
	/** Told of the output as it comes, besides its being kept. Copy a chunk to change it. */
	onOutput?(chunk: Uint8Array, stream: "stdout" | "stderr"): void;
}

/** How a command ended. Both absent: the server never told. */
export interface Exit {
	readonly status?: number;
	/** Without SIG. */
	readonly signal?: string;
	readonly message?: string;
}

/** What a command wrote, and how it ended. */
export interface ExecResult extends Exit {
	readonly stdout: Uint8Array;
	readonly stderr: Uint8Array;
	/** stdout decoded as UTF-8. */
	text(): string;
}

/**
 * A running command. `readable` is its stdout, `writable` its stdin: closing
 * that sends EOF and leaves the other direction open.
 */
export interface Process extends Duplex, AsyncDisposable {
	readonly stderr: ReadableStream<Uint8Array>;
	/** A non-zero exit is not a rejection; a lost connection is. */
	readonly exit: Promise<Exit>;
	/** Sends a signal, TERM if absent. */
	kill(signal?: string): void;
	/** Sends a serial line's break (RFC 4335), 500 ms long if not told; only console servers know it, others reject. */
	sendBreak(ms?: number): Promise<void>;
	close(): Promise<void>;
}

/**
 * A login shell on a pseudo-terminal. A terminal that wants no stream between
 * itself and the bytes uses {@link Shell.attach} and {@link Shell.send}
 * instead of `readable` and `writable`: the same credits, no promises.
 */
export interface Shell extends Process {
	/** How many bytes given to {@link Shell.send} wait for the server to take them. */
	readonly pending: number;
	resize(cols: number, rows: number): void;
	/**
	 * Hands each chunk of output to `sink`, which owns it and calls `consumed`
	 * once when it is done with it (xterm's write callback): until then the
	 * chunk counts against the 256 KiB that may be on their way. Use either this,
	 * once, or `readable`. Resolves after the last chunk, when the output has
	 * ended; rejects if the connection was lost. Ignoring the promise is fine.
	 */
	attach(sink: (chunk: Uint8Array, consumed: () => void) => void): Promise<void>;
	/**
	 * Sends input: at once when the server takes it, else later, in order; none is
	 * dropped, save after the shell has ended. The bytes are given away: their
	 * buffer is detached if they fill it.
	 */
	send(bytes: Uint8Array): void;
}

/** Where a tunnel leads: to a host and port as the server sees them, or to a socket in its file system. */
export type Destination =
	| {
			readonly host: string;
			readonly port: number;
			/** Who connects, "host:port", for the server to know; the page if absent. */
			readonly originator?: string;
	  }
	| { readonly path: string };

/** Where a server listens: on a port (0: one of its choice; an empty host: all its addresses), or on a socket. */
export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/**
 * A connection through the server. `readable` and `writable` end on their own;
 * closing `writable` sends EOF. It can be the `relay` of another
 * {@link connect}.
 */
export interface Tunnel extends Duplex, AsyncDisposable {
	/** Ends both directions. */
	close(): Promise<void>;
}

/** A connection that came to a {@link Listener}. */
export interface IncomingTunnel extends Tunnel {
	/** Who connected, as the server tells it; absent for sockets. */
	readonly origin?: { readonly host: string; readonly port: number };
}

/**
 * A place where the server listens for us. Iterate over it to take the
 * connections; up to 64 wait, more are refused. The iteration ends with
 * {@link Listener.close}, and throws when the connection is lost.
 */
export interface Listener extends AsyncIterable<IncomingTunnel>, AsyncDisposable {
	/** Where it listens: the port is the one that the server chose. */
	readonly address: ListenAddress;
	/** Takes the next connection. */
	accept(options?: Abortable): Promise<IncomingTunnel>;
	/** Stops listening. Connections that were taken live on. */
	close(): Promise<void>;
}

/** Detail of the events that an {@link SSHClient} dispatches, by name. */
export interface ClientEvents {
	/** The state has changed. */
	statechange: CustomEvent<ClientState>;
	/** The way to the relay was lost, is looked for again, or is found. */
	link: CustomEvent<LinkState>;
	/** The relay is about to stop. */
	goaway: CustomEvent<GoAwayNotice>;
	/** Text from the server before login (RFC 4252 section 5.4), untrusted. Like all that happens before, dispatched once `connect` has resolved. */
	banner: CustomEvent<string>;
	/** A line that belongs into known_hosts now. A {@link KnownHostsStore} was told already. */
	knownhosts: CustomEvent<string>;
	/** The host was unknown and accepted with a warning: `onUnknown: "warn"`. */
	hostkeywarning: CustomEvent<HostKey>;
	/** A line of the log. */
	trace: CustomEvent<TraceEvent>;
	/** The server has other keys than are known for it. */
	hostkeys: CustomEvent<HostKeyUpdate>;
	/** Keys were exchanged anew. The detail is for people, and may be empty. */
	rekey: CustomEvent<string>;
}

export type { SSHClient };

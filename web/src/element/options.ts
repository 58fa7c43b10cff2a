import type {
	Auth,
	ConnectOptions,
	Duplex,
	HeldKey,
	HostKeyPolicy,
	KnownHostsStore,
	Lazy,
	TraceEvent,
} from "../client/index.ts";
import type { KeyHistory } from "./prompts/hostkey.ts";
import type { RendererChoice } from "./renderer.ts";

/** A known_hosts file that can tell about its keys and replace them. */
export interface KnownHostsBook extends KnownHostsStore {
	/** What is known about a line besides the key. */
	about?(line: string): Promise<KeyHistory | undefined>;
	/** Puts one line in the place of others. */
	replace?(lines: readonly string[], line: string): Promise<void>;
}

/** A private key to log in with. */
export interface Identity {
	/** Text of the key (OpenSSH, PEM or PuTTY), which is held in memory only, or a key that the browser holds. */
	readonly key: string | Uint8Array | HeldKey;
	/** Text of its certificate. */
	readonly certificate?: string;
	/** What dialogs call it. */
	readonly name: string;
}

/** A host on the way: it is asked about, and asks, as the server itself does. */
export interface JumpHost {
	readonly host: string;
	readonly port: number;
	readonly username: string;
}

/** The options of a terminal: what attributes say, and what must not stand in attributes. */
export interface TerminalOptions
	extends Partial<
		Pick<ConnectOptions, "host" | "port" | "username" | "ticket" | "keepAliveMs" | "algorithms" | "hostKeyAlias">
	> {
	/** The gateway's URL, or a stream of the page's own: a function makes one for each connection. */
	readonly relay?: ConnectOptions["relay"] | (() => Duplex);
	/** Hosts on the way, the nearest first. */
	readonly jump?: readonly JumpHost[];
	/** Whether to offer old algorithms where a server has no others: the event `ssh-legacy` tells that the person wants them. */
	readonly offerLegacy?: boolean;
	/** Called for each line of the connection's log. */
	onTrace?(event: TraceEvent): void;
	/** Ways to log in, in place of the built-in ones: the keys, the server's questions, a password; a password at hand goes before the questions. */
	readonly auth?: readonly Auth[];
	/** Keys that are tried before a password is asked for. */
	readonly keys?: readonly Identity[];
	/** Keys of the browser that programs on the server may use, each time with a question (agent forwarding). None if absent. */
	readonly lendKeys?: readonly Identity[];
	/** Used once before the password is asked for, by whichever method the server asks first. */
	readonly password?: Lazy<string>;
	/** Which host keys to accept, in place of asking. */
	readonly hostKey?: HostKeyPolicy;
	/** Where accepted keys are kept; without it nothing is saved. */
	readonly knownHosts?: KnownHostsBook;
	/** Text of known_hosts files that count as well and are never changed, such as an administrator's list. */
	readonly systemKnownHosts?: string | readonly string[];
	/**
	 * A fingerprint that a link promised: another key is refused. For a host that is not known it is enough: its key is
	 * taken without a question, and not saved. A known host's key must be both.
	 */
	readonly promisedFingerprint?: string;
	/** Whether programs may put text on the clipboard (OSC 52). Off if absent; reading it is never allowed. */
	readonly remoteClipboard?: boolean;
	/** Lines kept above the screen; 10,000 if absent. */
	readonly scrollback?: number;
	/** What draws: WebGL where a graphics card does it, if absent. */
	readonly renderer?: RendererChoice;
	/** What a bell does besides its event: a short flash, if absent. */
	readonly bell?: "none" | "visual";
	/** `xterm-256color` if absent. */
	readonly term?: string;
	/** What to do when a session is lost and cannot be resumed; to ask, if absent. "login" connects anew with the answers in memory. */
	readonly onLost?: "ask" | "login";
	/** Runs this in place of the login shell. */
	readonly command?: string;
	/** Environment of the shell; `LANG=C.UTF-8` if absent. A server takes what it likes (sshd's AcceptEnv) and ignores the rest. */
	readonly env?: Readonly<Record<string, string>>;
}

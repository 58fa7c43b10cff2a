/**
 * What a person may type or paste to name a server: `user@host:port`, an ssh
 * URL, a bare IPv6 address, or a whole `ssh` command line. Pure text work.
 */
import { type CommandLine, parseCommandLine } from "./commandline.ts";

/** A server to connect to. */
export interface Target {
	/** A name in ASCII (punycode) or an address, IPv6 without brackets. */
	readonly host: string;
	readonly port: number;
	/** Empty: still to be asked for. */
	readonly username: string;
	/** `SHA256:…` that a link promised. No other key will do; for a host that is not known it is enough, once. */
	readonly fingerprint?: string;
	/** The file that `-i` named; a page cannot open it by name. */
	readonly keyFile?: string;
	/** The name under which the key is filed; absent: host and port. */
	readonly hostKeyAlias?: string;
	/** The hosts on the way, the nearest first; absent: none. Without a user name of its own, one has the target's. */
	readonly jump?: readonly { readonly host: string; readonly port: number; readonly username: string }[];
	/** What was read but will not be used, one sentence each. */
	readonly notes: readonly string[];
}

/** Why a text names no server, and what to type instead. */
export class TargetError extends Error {
	override readonly name = "TargetError";
	/** For programs and tests. */
	readonly code: string;
	constructor(code: string, message: string) {
		super(message);
		this.code = code;
	}
}

interface Draft {
	host: string;
	port?: number;
	username?: string;
	fingerprint?: string;
	keyFile?: string;
	jump?: string;
	hostKeyAlias?: string;
	notes: string[];
}

const invisible = /[\p{Cc}\p{Cf}\u2028\u2029]/u;
const trimmed = /^[\s\u200b-\u200f\u2060\ufeff]+|[\s\u200b-\u200f\u2060\ufeff]+$/g;
/**
 * sshd on Windows and AD take names with backslash, dollar and spaces; we refuse only what no server takes,
 * and what a command line would take for an option, as ssh does.
 */
const usernamePattern = /^(?!-)[^\s:/\p{Cc}]+$/u;

/** As links carry it, after the user's name. */
const fingerprintParameter = /;fingerprint=/i;

/** Reads a target, or throws a {@link TargetError} that says what is wrong. */
export function parseTarget(input: string): Target {
	const text = input.replace(trimmed, "");
	if (text === "") throw new TargetError("empty", "Type a server's name, such as user@host.");
	if (/[\r\n]/.test(text))
		throw new TargetError("lines", "This is more than one line. Paste only the line with the host.");
	if (invisible.test(text))
		throw new TargetError(
			"invisible",
			"There is an invisible character in this text. Type it by hand instead of pasting.",
		);
	return finish(draftOf(text));
}

/** Writes a target as the connect field shows it. */
export function formatTarget(target: Pick<Target, "host" | "port" | "username"> & { readonly jump?: unknown }): string {
	const { jump } = target;
	const way = Array.isArray(jump) ? formatJump(jump) : typeof jump === "string" ? jump : "";
	return way === "" ? formatAddress(target) : `ssh -J ${way} ${formatCommandTarget(target)}`;
}

/** Writes the hosts on the way as `ssh -J` takes them. */
export function formatJump(jump: NonNullable<Target["jump"]>): string {
	return jump.map(formatAddress).join(",");
}

/** ssh takes the port in front. */
function formatCommandTarget({ host, port, username }: Pick<Target, "host" | "port" | "username">): string {
	return `${port === 22 ? "" : `-p ${port} `}${username === "" ? "" : `${username}@`}${host}`;
}

function formatAddress(target: Pick<Target, "host" | "port" | "username">): string {
	const host = target.host.includes(":") && target.port !== 22 ? `[${target.host}]` : target.host;
	const user = target.username === "" ? "" : `${target.username}@`;
	return target.port === 22 ? user + host : `${user}${host}:${target.port}`;
}

function draftOf(text: string): Draft {
	const command = parseCommandLine(text);
	if (command !== undefined) return fromCommand(command);
	const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text);
	if (scheme !== null) return fromURL(scheme[1]?.toLowerCase() ?? "", text.slice(scheme[0].length));
	if (/\s/.test(text))
		throw new TargetError(
			"spaces",
			"A host has no spaces. Type user@host, or paste a whole command that starts with ssh.",
		);
	return fromAddress(text);
}

function fromCommand(command: CommandLine): Draft {
	if (command.problem !== undefined) throw new TargetError(command.problem.code, command.problem.message);
	const target = command.host;
	if (target === undefined || target === "")
		throw new TargetError("empty", "This command names no host. It should end in user@host.");
	const draft = /^(ssh|sftp):\/\//i.test(target) ? draftOf(target) : fromDestination(target, command);
	if (command.port !== undefined) draft.port = portOf(command.port);
	if (command.username !== undefined) draft.username = command.username;
	if (command.hostName !== undefined) draft.host = command.hostName;
	if (command.keyFile !== undefined) draft.keyFile = command.keyFile;
	if (command.jump !== undefined) draft.jump = command.jump;
	if (command.hostKeyAlias !== undefined) draft.hostKeyAlias = aliasOf(command.hostKeyAlias);
	draft.notes.push(...command.notes);
	return draft;
}

/** ssh takes no port after the host: `ssh host:22` looks up the name "host:22". People mean the port. */
function fromDestination(text: string, command: CommandLine): Draft {
	const draft = fromAddress(text);
	if (draft.port !== undefined && command.port === undefined) {
		draft.notes.push("The ssh command takes the port as -p; it was understood all the same.");
	}
	return draft;
}

function fromURL(scheme: string, rest: string): Draft {
	if (scheme === "http" || scheme === "https") {
		throw new TargetError("scheme", `That is a web address. For SSH, type just the host: ${hostHint(rest)}`);
	}
	if (scheme !== "ssh" && scheme !== "sftp") {
		throw new TargetError("scheme", `${scheme}:// is not SSH. Type user@host or ssh://user@host.`);
	}
	const end = rest.search(/[/?#]/);
	const draft = fromAddress(end < 0 ? rest : rest.slice(0, end), true);
	const path = end < 0 ? "" : rest.slice(end);
	if (path !== "" && path !== "/") draft.notes.push("The part after the host is not used.");
	return draft;
}

function hostHint(rest: string): string {
	const host = rest.replace(/^[^@/]*@/, "").split(/[/?#]/)[0] ?? "";
	return host === "" ? "user@host" : host;
}

/** `[user@]host[:port]`; in a URL the user may be percent-encoded and carry parameters. */
function fromAddress(text: string, url = false): Draft {
	const draft: Draft = { host: "", notes: [] };
	const at = text.lastIndexOf("@");
	if (at >= 0) readUser(draft, text.slice(0, at), url);
	readHostPort(draft, text.slice(at + 1));
	return draft;
}

function readUser(draft: Draft, text: string, url: boolean): void {
	if (!url && fingerprintParameter.test(text))
		throw new TargetError(
			"fingerprint",
			"A fingerprint is read in a link only. Write ssh://user;fingerprint=SHA256:…@host.",
		);
	const [name = "", ...parameters] = url ? text.split(";") : [text];
	const last = parameters.at(-1) ?? name;
	const secret = (parameters.length === 0 ? name : last).replace(/^fingerprint=SHA256:/i, "");
	if (secret.includes(":")) {
		throw new TargetError("password", "This link contains a password. It was not used; type it instead.");
	}
	if (name === "") throw new TargetError("user", "There is no user name before the @.");
	draft.username = url ? decode(name) : name;
	for (const parameter of parameters) {
		const print = /^fingerprint=(.*)$/i.exec(parameter)?.[1];
		if (print === undefined) draft.notes.push("A parameter in the link is not used.");
		else draft.fingerprint = fingerprintOf(decode(print));
	}
}

function fingerprintOf(text: string): string {
	const match = /^SHA256:([A-Za-z0-9+/_-]{43})=?$/.exec(text);
	if (match?.[1] === undefined) {
		throw new TargetError("fingerprint", "The fingerprint in this link is not of the form SHA256:… with 43 letters.");
	}
	return `SHA256:${match[1].replace(/-/g, "+").replace(/_/g, "/")}`;
}

function decode(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		throw new TargetError("user", "The link has a broken % in it.");
	}
}

function readHostPort(draft: Draft, text: string): void {
	const bracket = /^\[([^\]]*)\](.*)$/.exec(text);
	if (bracket !== null) {
		draft.host = bracket[1] ?? "";
		if (!draft.host.includes(":")) throw new TargetError("host", "Brackets are for IPv6 addresses, such as [::1]:22.");
		readPort(draft, bracket[2] ?? "");
		return;
	}
	if (text.startsWith("[")) throw new TargetError("host", "The bracket is not closed: write [address]:port.");
	const colons = text.split(":").length - 1;
	if (colons >= 2) {
		if (!isIPv6(text))
			throw new TargetError("host", "There is more than one colon. Write host:port, or [address]:port for IPv6.");
		draft.host = text;
		return;
	}
	const colon = text.indexOf(":");
	draft.host = colon < 0 ? text : text.slice(0, colon);
	readPort(draft, colon < 0 ? "" : text.slice(colon));
}

function readPort(draft: Draft, text: string): void {
	if (text === "") return;
	if (!text.startsWith(":")) throw new TargetError("host", "After the bracket there may only be :port.");
	if (/^:[/~.]/.test(text)) {
		draft.notes.push("The path after the host is not used.");
		return;
	}
	draft.port = portOf(text.slice(1));
}

function portOf(text: string): number {
	if (text === "") throw new TargetError("port", "The port is missing after the colon. SSH's usual port is 22.");
	if (!/^\d+$/.test(text))
		throw new TargetError("port", `“${clip(text)}” is not a port. A port is a number from 1 to 65535; SSH's is 22.`);
	const port = Number(text);
	if (port < 1 || port > 65535)
		throw new TargetError(
			"port",
			`Port ${clip(text)} does not exist. A port is a number from 1 to 65535; SSH's is 22.`,
		);
	return port;
}

function finish(draft: Draft): Target {
	const username = draft.username ?? "";
	if (username !== "" && !usernamePattern.test(username)) {
		throw new TargetError("user", `“${clip(username)}” cannot be a user name.`);
	}
	const { fingerprint, keyFile, hostKeyAlias } = draft;
	const jump = jumpOf(draft.jump ?? "");
	return {
		host: hostOf(draft.host),
		port: draft.port ?? 22,
		username,
		notes: draft.notes,
		...(fingerprint !== undefined && { fingerprint }),
		...(keyFile !== undefined && { keyFile }),
		...(hostKeyAlias !== undefined && { hostKeyAlias }),
		...(jump.length > 0 && { jump }),
	};
}

/** In known_hosts, these would make it something else than a name. */
function aliasOf(text: string): string {
	if (/^[^\s,*?!|@#]+$/.test(text)) return text;
	throw new TargetError("alias", `“${clip(text)}” cannot be a HostKeyAlias: it is a name alone.`);
}

function jumpOf(list: string): NonNullable<Target["jump"]> {
	if (list === "") return [];
	return list.split(",").map((each) => {
		const text = each.trim().replace(/^ssh:\/\//i, "");
		if (text === "") throw new TargetError("jump", "A jump host (-J) is missing between two commas.");
		if (fingerprintParameter.test(text))
			throw new TargetError(
				"jump",
				"A jump host (-J) takes no fingerprint. Leave it out: the host's key is checked against the known ones, or you are asked.",
			);
		const { host, port, username } = finish(fromAddress(text));
		return { host, port, username };
	});
}

function hostOf(text: string): string {
	if (text === "") throw new TargetError("empty", "The host is missing. Type user@host.");
	if (text.includes(":")) return ipv6Of(text);
	if (text.length > 253) throw new TargetError("host", "This name is longer than a host name can be (253 letters).");
	const name = asciiOf(text).replace(/\.$/, "");
	const numbers = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(name);
	if (numbers?.slice(1).some((part) => Number(part) > 255)) {
		throw new TargetError("host", `${name} is not an IP address: each part goes from 0 to 255.`);
	}
	// Underscores are no host-name letters (RFC 952), but resolvers and sshd take them.
	const bad = name.split(".").find((label) => !/^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label));
	if (bad !== undefined)
		throw new TargetError("host", `“${clip(text)}” is not a host name. It has letters, digits, dots and dashes.`);
	return name.toLowerCase();
}

/** Names outside ASCII become punycode (RFC 5891), by the browser's own tables. */
function asciiOf(name: string): string {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: it is the range that is meant
	if (/^[\x00-\x7f]*$/.test(name)) return name;
	if (/[/\\?#%@[\]<>^|"`{}]/.test(name)) return name;
	try {
		return new URL(`http://${name}`).hostname;
	} catch {
		throw new TargetError("host", `“${clip(name)}” is not a host name.`);
	}
}

function ipv6Of(text: string): string {
	if (text.includes("%"))
		throw new TargetError(
			"host",
			"An address with a zone (%…) means something only on one machine; the gateway cannot use it.",
		);
	if (!isIPv6(text)) throw new TargetError("host", `“${clip(text)}” is not an IPv6 address.`);
	return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

function isIPv6(text: string): boolean {
	return /^[0-9a-f:.]+(%.*)?$/i.test(text) && URL.canParse(`http://[${text.replace(/%.*$/, "")}]`);
}

function clip(text: string): string {
	return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

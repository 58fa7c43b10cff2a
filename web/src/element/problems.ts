/** Failures in plain words: what happened, the likely cause, what to do. Pure text work. */
import { AuthError, HostKeyError, SSHError } from "../client/index.ts";
import { showable } from "./untrusted.ts";

/** A failure as the error card shows it. */
export interface Problem {
	/** What happened. */
	readonly title: string;
	/** The likely cause. */
	readonly cause: string;
	/** What to do next. */
	readonly todo: string;
	/** For a search and for whoever helps; holds no secret. */
	readonly code: string;
	/** Text for "copy details". */
	readonly details: string;
}

/** What a failure was about. */
export interface Where {
	readonly host: string;
	readonly port: number;
	readonly username: string;
	/** What the tried keys are called. */
	readonly keys: readonly string[];
}

type Words = Pick<Problem, "title" | "cause" | "todo">;
type Teller = (where: Where, error: SSHError) => Words;

const say = (title: string, cause: string, todo: string): Words => ({ title, cause, todo });

/** By "code" or "code/reason"; the finer one wins. */
const tellers: Readonly<Record<string, Teller>> = {
	relay: () => say("The gateway cannot be reached.", "It may be down, or the network is.", "Check your network, then try again."),
	"relay/unreachable": () =>
		say("The page loaded, but its connection to the gateway was cut.", "A company proxy may block WebSockets, or the gateway was stopped.", "Try again; if it stays so, ask whoever runs the gateway or the network."),
	"relay/ticket": () => say("The link to this server is no longer valid.", "Its ticket has expired, was used already, or a clock is wrong.", "Go back to the portal and open the link again."),
	"relay/limit": () => say("The gateway takes no more connections now.", "Its limit of connections is reached.", "Close sessions that you do not need, or wait a minute."),
	"relay/lna": () => say("Your browser blocked access to the local network.", "Browsers ask before a page may reach private addresses.", "Allow it next to the address bar, then try again."),
	dial: ({ host }) => say(`The gateway could not connect to ${host}.`, "The name, the port or the network between may be wrong.", "Check the address, then try again."),
	"dial/dns": ({ host }) => say(`The gateway cannot find ${host}.`, "The name may be misspelt. Internal names must be known to the gateway.", "Check the spelling."),
	"dial/refused": ({ host, port }) => say(`${host} answered, but nothing listens on port ${port}.`, "sshd may not be running, or it uses another port.", "Is sshd running? Is the port right?"),
	"dial/timeout": ({ host }) => say(`No answer from ${host}.`, "A firewall may drop the traffic, or the machine is off.", "Check that the machine is on and reachable from the gateway."),
	"dial/unreachable": ({ host }) => say(`There is no way from the gateway to ${host}.`, "The network between is down, or the address is of another network.", "Check the address, or ask whoever runs the gateway."),
	"dial/policy": ({ host, port }) => say(`This gateway does not allow connections to ${host}:${port}.`, "Its list of allowed targets does not hold this one.", "Ask its administrator."),
	auth: () => say("The server refused the login.", "", "Check the user name, then try again."),
	timeout: ({ host }) => say(`${host} took too long to answer.`, "The machine may be overloaded, or it is not an SSH server.", "Try again in a minute."),
	closed: ({ host }) => say(`The connection to ${host} was closed.`, "The server or the network ended it.", "Try again."),
	protocol: ({ host, port }) => say(`${host} did not keep to the SSH protocol.`, `Port ${port} may belong to another service.`, "Check the port."),
	"protocol/banner": ({ host, port }, { message }) => say(`Port ${port} on ${host} is not an SSH server.`, showable(message, 300), "Check the port: SSH's is usually 22."),
	"protocol/noalg": (_, { message }) => say("There is no common way to encrypt.", `The server offers only what is unsafe by now. ${showable(message, 600)}`, "Update the server's SSH software."),
	channel: () => say("The server gave no terminal.", "The account may have no shell, or the server allows no more sessions.", "Ask whoever runs the server."),
	aborted: () => say("Cancelled.", "", "Nothing was sent since."),
	internal: () => say("Something in this page broke.", "This is a mistake in the program, not yours.", "Try again; copy the details if you report it."),
};

/** Other names under which the same reason may be reported. */
const synonyms: Readonly<Record<string, string>> = {
	"dial/not-found": "dial/dns",
	"dial/nxdomain": "dial/dns",
	"dial/denied": "dial/policy",
	"dial/not-allowed": "dial/policy",
	"relay/policy": "dial/policy",
	"relay/denied": "dial/policy",
	"relay/not-allowed": "dial/policy",
	"relay/refused": "relay/unreachable",
	"protocol/not-ssh": "protocol/banner",
	"protocol/version": "protocol/banner",
	"protocol/algorithms": "protocol/noalg",
	"timeout/dial": "dial/timeout",
};

/** Puts a failure into words. What is unknown is shown as it was reported. */
export function describeProblem(error: unknown, where: Where): Problem {
	const failure = error instanceof SSHError ? error : new SSHError("internal", messageOf(error));
	const fine = failure.reason === "" ? failure.code : `${failure.code}/${failure.reason}`;
	const code = synonyms[fine] ?? fine;
	const words = wordsFor(code, failure, where);
	const details = [
		`code: ${fine}`,
		`target: ${where.username === "" ? "" : `${where.username}@`}${where.host}:${where.port}`,
		`message: ${showable(failure.message, 1000)}`,
		...(failure.hint === "" ? [] : [`hint: ${showable(failure.hint, 1000)}`]),
	].join("\n");
	return { ...words, code: fine, details };
}

function wordsFor(code: string, error: SSHError, where: Where): Words {
	if (error instanceof AuthError) return refusedLogin(error, where);
	if (error instanceof HostKeyError) return refusedKey(error, where);
	const exact = tellers[code];
	if (exact !== undefined) return exact(where, error);
	const coarse = tellers[error.code]?.(where, error) ?? say("The connection failed.", "", "Try again.");
	// A reason without words of ours: the report itself says more than a guess.
	return { title: coarse.title, cause: showable(error.message, 600) || coarse.cause, todo: error.hint === "" ? coarse.todo : showable(error.hint, 600) };
}

const methodNames: Readonly<Record<string, string>> = {
	password: "the password",
	publickey: "the key",
	"keyboard-interactive": "the answers",
};

function refusedLogin(error: AuthError, { username, host, keys }: Where): Words {
	const tried = [...new Set(error.tried)].filter((method) => method !== "none");
	const what = tried.map((method) => (method === "publickey" && keys.length > 0 ? `key ${keys.join(", ")}` : (methodNames[method] ?? method)));
	const title = what.length === 0 ? `${host} refused the login of ${username}.` : `${host} refused ${join(what)} of ${username}.`;
	const allowed = error.allowed.length === 0 ? "" : `It accepts: ${showable(error.allowed.join(", "), 200)}.`;
	const keyOnly = error.allowed.length > 0 && error.allowed.every((method) => method === "publickey");
	const todo = keyOnly
		? "Choose the private key whose public half is in the account's authorized_keys."
		: "Check the user name and try again. Accounts can be locked after wrong attempts.";
	return say(title, allowed, todo);
}

function join(words: readonly string[]): string {
	return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

function refusedKey(error: HostKeyError, { host }: Where): Words {
	switch (error.reason) {
		case "mismatch":
			return say(`The key of ${host} is not the one that was pinned. The connection was stopped.`, `Nothing was sent: no password and no key. It showed ${error.offered.fingerprint}.`, "Whoever set this connection up pinned its key. Ask them for help.");
		case "revoked":
			return say(`The key of ${host} is marked as revoked. The connection was stopped.`, "Nothing was sent: no password and no key.", "Ask whoever runs the server. Do not connect until its key was replaced.");
		case "changed":
			return say(`The key of ${host} has changed. The connection was stopped.`, "Nothing was sent: no password and no key.", "Ask whoever runs the server for the new fingerprint.");
		default:
			return say(`The key of ${host} was not accepted.`, "Nothing was sent: no password and no key.", "Connect again when you can check its fingerprint.");
	}
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

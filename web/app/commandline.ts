/** A pasted `ssh` command line, as ssh(1) would read it. Pure text work. */

/** What of a command line matters to us. */
export interface CommandLine {
	host?: string;
	port?: string;
	username?: string;
	/** `-o HostName`: where to connect instead of the name given. */
	hostName?: string;
	keyFile?: string;
	/** Hosts on the way, as `-J` takes them. */
	jump?: string;
	/** `-o HostKeyAlias`: the name under which the key is filed. */
	hostKeyAlias?: string;
	problem?: { code: string; message: string };
	readonly notes: string[];
}

/** The options of ssh(1) that take a value. */
const valued = "BbcDEeFIiJLlmOoPpQRSWw";
const unused: Readonly<Record<string, string>> = {
	D: "Port forwarding (-D) is not available here yet and was left out.",
	L: "Port forwarding (-L) is not available here yet and was left out.",
	R: "Port forwarding (-R) is not available here yet and was left out.",
	W: "Forwarding (-W) is not available here and was left out.",
	F: "The configuration file (-F) is on your machine and was not read.",
	A: "Agent forwarding (-A) is not available here yet and was left out.",
	X: "X11 forwarding (-X) is not available here and was left out.",
	Y: "X11 forwarding (-Y) is not available here and was left out.",
};

/** Reads a line that starts with `ssh`, perhaps behind a shell's prompt; undefined if it is none. */
export function parseCommandLine(text: string): CommandLine | undefined {
	const match = /^(?:[$#>%]\s+)?(ssh|slogin|ssh\.exe|scp|sftp|mosh|autossh)\s+(.*)$/s.exec(text);
	if (match === null) return undefined;
	const line: CommandLine = { notes: [] };
	const program = match[1] ?? "";
	if (program === "scp") return refuse(line, "scp", "scp copies files. To open a terminal, type user@host.");
	if (program === "mosh" || program === "autossh") line.notes.push(`${program} was taken as ssh.`);
	const words = split(match[2] ?? "");
	if (words === undefined) return refuse(line, "quote", "A quotation mark in this command is not closed.");
	readWords(line, words);
	return line;
}

function refuse(line: CommandLine, code: string, message: string): CommandLine {
	line.problem ??= { code, message };
	return line;
}

/** Splits as a shell would: quotes group, a backslash takes the next letter as it is. */
function split(text: string): string[] | undefined {
	const words: string[] = [];
	let word: string | undefined;
	let quote = "";
	for (let i = 0; i < text.length; i++) {
		const letter = text[i] ?? "";
		if (quote !== "") {
			if (letter === quote) quote = "";
			else word += letter;
		} else if (letter === "'" || letter === '"') {
			quote = letter;
			word ??= "";
		} else if (/\s/.test(letter)) {
			if (word !== undefined) words.push(word);
			word = undefined;
		} else {
			// A backslash before anything but itself, a quote or a space is kept: DOMAIN\user.
			const escapes = letter === "\\" && /[\\'" ]/.test(text[i + 1] ?? "");
			word = (word ?? "") + (escapes ? text[++i] : letter);
		}
	}
	if (quote !== "") return undefined;
	if (word !== undefined) words.push(word);
	return words;
}

function readWords(line: CommandLine, words: readonly string[]): void {
	for (let i = 0; i < words.length; i++) {
		const word = words[i] ?? "";
		if (word === "--") continue;
		if (word.startsWith("-") && word.length > 1) {
			i += readFlags(line, word, words[i + 1]);
		} else if (line.host === undefined) {
			line.host = word;
		} else {
			line.notes.push("The command after the host is not run; type it in the terminal.");
			return;
		}
	}
}

/** Reads one word of flags, such as `-vp2222`; returns how many further words it took. */
function readFlags(line: CommandLine, word: string, next: string | undefined): number {
	for (let i = 1; i < word.length; i++) {
		const flag = word[i] ?? "";
		if (!valued.includes(flag)) {
			note(line, flag);
			continue;
		}
		const attached = word.slice(i + 1);
		const value = attached === "" ? next : attached;
		if (value === undefined) refuse(line, "option", `-${flag} needs a value after it.`);
		else readOption(line, flag, value);
		return attached === "" ? 1 : 0;
	}
	return 0;
}

function readOption(line: CommandLine, flag: string, value: string): void {
	switch (flag) {
		case "p":
		case "P":
			// ssh takes the first of several; a later one changes nothing.
			line.port ??= value;
			return;
		case "l":
			line.username ??= value;
			return;
		case "i":
			line.keyFile ??= value;
			return;
		case "J":
			jump(line, value);
			return;
		case "o":
			readSetting(line, value);
			return;
		default:
			note(line, flag);
	}
}

function note(line: CommandLine, flag: string): void {
	const text = unused[flag];
	if (text !== undefined && !line.notes.includes(text)) line.notes.push(text);
}

/** ssh takes the first of several, and "none" is one of them. */
function jump(line: CommandLine, value: string): void {
	line.jump ??= value.toLowerCase() === "none" ? "" : value;
}

/** One `-o Name=value` of ssh_config(5). */
function readSetting(line: CommandLine, setting: string): void {
	const match = /^\s*([A-Za-z]+)\s*[=\s]\s*(.*?)\s*$/.exec(setting);
	const value = match?.[2] ?? "";
	switch (match?.[1]?.toLowerCase()) {
		case "port":
			line.port ??= value;
			return;
		case "user":
			line.username ??= value;
			return;
		case "hostname":
			line.hostName ??= value;
			return;
		case "identityfile":
			line.keyFile ??= value;
			return;
		case "hostkeyalias":
			line.hostKeyAlias ??= value;
			return;
		case "proxyjump":
			jump(line, value);
			return;
		case "proxycommand":
			if (value.toLowerCase() !== "none")
				refuse(line, "jump", "A ProxyCommand cannot run in a browser. Connect to a host that the gateway reaches.");
			return;
		case "stricthostkeychecking":
		case "userknownhostsfile":
			line.notes.push("The server's key is always checked; options that switch this off are not used.");
			return;
		case undefined:
			refuse(line, "option", "-o is followed by Name=value.");
			return;
		default:
			line.notes.push(`The option ${match?.[1]} is not used.`);
	}
}

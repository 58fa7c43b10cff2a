/** Targets that came with the page's own address. They fill the form in; they never connect. */

/** What a link supplied. */
export interface LinkTarget {
	/** For the connect field. */
	readonly text: string;
	/** What of the link was left out, one sentence each. */
	readonly notes: readonly string[];
}

const secretNames = ["password", "pass", "pwd", "passphrase", "key", "privatekey"];

/** Reads `?host=…&port=…&user=…` or `#ssh://…`; undefined if the address names no target. */
export function targetOfLink(address: string): LinkTarget | undefined {
	const url = new URL(address);
	const notes = notesOf(url.searchParams);
	if (/^#ssh:\/\//i.test(url.hash)) return { text: url.hash.slice(1), notes };
	const host = url.searchParams.get("host");
	if (host === null || host.trim() === "") return undefined;
	const user = url.searchParams.get("user") ?? url.searchParams.get("username") ?? "";
	const port = url.searchParams.get("port") ?? "";
	const bracketed = host.includes(":") && !host.startsWith("[") && port !== "" ? `[${host}]` : host;
	return { text: `${user === "" ? "" : `${user}@`}${bracketed}${port === "" ? "" : `:${port}`}`, notes };
}

function notesOf(parameters: URLSearchParams): string[] {
	const notes: string[] = [];
	if (secretNames.some((name) => parameters.has(name)))
		notes.push("This link contains a password or key. It was not used; type it instead.");
	if (parameters.has("cmd") || parameters.has("command"))
		notes.push("This link contains a command. Commands in links are never run.");
	return notes;
}

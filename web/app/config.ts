/** What the gateway says about itself. */

/** A demo server that the gateway runs. */
export interface Demo {
	readonly host: string;
	readonly port: number;
	readonly username: string;
	readonly password: string;
	/** `SHA256:…`: vouched for by the gateway that runs it. */
	readonly fingerprint: string;
}

/** Asks the gateway for its demo; undefined if there is none, or no answer. */
export async function readDemo(): Promise<Demo | undefined> {
	try {
		const response = await fetch(new URL("config.json", document.baseURI));
		if (!response.ok) return undefined;
		const config = (await response.json()) as { demo?: Partial<Demo> | null };
		return isDemo(config.demo) ? config.demo : undefined;
	} catch {
		return undefined;
	}
}

function isDemo(demo: Partial<Demo> | null | undefined): demo is Demo {
	if (demo === null || demo === undefined) return false;
	const { host, port, username, password, fingerprint } = demo;
	return (
		typeof host === "string" &&
		typeof port === "number" &&
		[username, password, fingerprint].every((text) => typeof text === "string")
	);
}

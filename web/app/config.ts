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
	const { demo } = await readConfig();
	return isDemo(demo) ? demo : undefined;
}

/** The origins of the pages that may show the gateway's terminal in a frame; none if it does not answer. */
export async function readEmbedders(): Promise<readonly string[]> {
	const { embed } = await readConfig();
	return Array.isArray(embed) ? embed.filter((origin) => typeof origin === "string") : [];
}

/** How people sign in to the gateway. */
export interface SignIn {
	/** Who is signed in; undefined: nobody. */
	readonly user?: string;
	/** Whether the gateway can sign the user out. */
	readonly canLeave?: boolean;
	readonly ways: readonly string[];
	/** What the OpenID provider is called. */
	readonly provider?: string;
}

/** Asks the gateway who is signed in, and how one can; undefined if nobody has to, or there is no answer. */
export async function readSignIn(): Promise<SignIn | undefined> {
	const { signIn } = await readConfig();
	return signIn !== undefined && Array.isArray(signIn.ways) ? signIn : undefined;
}

interface Config {
	readonly demo?: Partial<Demo> | null;
	readonly embed?: unknown;
	readonly signIn?: SignIn;
}

let config: Promise<Config> | undefined;

function readConfig(): Promise<Config> {
	config ??= fetchConfig();
	return config;
}

async function fetchConfig(): Promise<Config> {
	try {
		const response = await fetch(new URL("config.json", document.baseURI));
		return response.ok ? ((await response.json()) as Config) : {};
	} catch {
		return {};
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

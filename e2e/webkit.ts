/** WebKit as Debian builds it, driven by W3C WebDriver: Playwright knows its own build alone. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Child, freePort } from "./process.ts";

/** How WebDriver refers to an element. */
type Found = Record<string, string>;

/** Keys by the names that Playwright has for them, in WebDriver's code points. */
const keys: Record<string, string> = {
	Enter: "\ue007",
	"\n": "\ue007",
	Escape: "\ue00c",
	Tab: "\ue004",
	Control: "\ue009",
	Shift: "\ue008",
};

/** One window of WebKit, on a screen that nobody sees. */
export class WebKit {
	readonly #children: Child[];
	readonly #session: string;

	private constructor(children: Child[], session: string) {
		this.#children = children;
		this.#session = session;
	}

	/** Starts a browser; `home` takes what it keeps, downloads too. */
	static async start(home: string): Promise<WebKit> {
		const binary = miniBrowser();
		const screen = new Child("Xvfb", ["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"]);
		const [, display] = await screen.until(/^(\d+)$/m);
		const port = await freePort();
		const env = { DISPLAY: `:${display}`, HOME: home, XDG_DOWNLOAD_DIR: home, LIBGL_ALWAYS_SOFTWARE: "1" };
		const driver = new Child("WebKitWebDriver", [`--port=${port}`], env);
		const url = `http://127.0.0.1:${port}/session`;
		const options = { binary, args: ["--automation"] };
		const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": options } };
		const { sessionId } = await patiently(() => call<{ sessionId: string }>("POST", url, { capabilities }));
		const kit = new WebKit([driver, screen], `${url}/${sessionId}`);
		await call("POST", `${kit.#session}/timeouts`, { script: 60_000, pageLoad: 60_000 });
		return kit;
	}

	goto(url: string): Promise<unknown> {
		return call("POST", `${this.#session}/url`, { url });
	}

	/** As Playwright's: the function sees the page alone, and what it returns comes as JSON. */
	async evaluate<T, A = undefined>(work: (arg: A) => T | Promise<T>, arg?: A): Promise<T> {
		const script = `const done = arguments[1];
			(async () => (${work})(arguments[0]))().then((is) => done({ is }), (err) => done({ err: String(err) + err.stack }));`;
		const args = [arg ?? null];
		const { is, err } = await call<{ is: T; err?: string }>("POST", `${this.#session}/execute/async`, { script, args });
		if (err !== undefined) throw new Error(err);
		return is;
	}

	/** Presses and releases a key, with others held: `Control+Shift+L`. */
	async press(chord: string): Promise<void> {
		const codes = chord.split("+").map((name) => keys[name] ?? name);
		await this.#keys([
			...codes.map((value) => ({ type: "keyDown", value })),
			...codes.map((value) => ({ type: "keyUp", value })).reverse(),
		]);
	}

	/** Types as a person would, into what has the focus. */
	async type(text: string): Promise<void> {
		await this.#keys(
			[...text].flatMap((sign) => ["keyDown", "keyUp"].map((type) => ({ type, value: keys[sign] ?? sign }))),
		);
	}

	/** Clicks on the first thing in sight that a selector finds, within shadow roots too, and whose words match. */
	click(selector: string, words = ""): Promise<unknown> {
		// Again when the page has drawn it anew between the two.
		return patiently(async () => {
			const found = await this.#find(selector, words);
			return call("POST", `${this.#session}/element/${Object.values(found)[0]}/click`, {});
		});
	}

	/** The words that can be seen. */
	text(): Promise<string> {
		// biome-ignore lint/performance/useDomNodeTextContent: hidden words are not meant
		return this.evaluate(() => document.body.innerText);
	}

	async screenshot(): Promise<Buffer> {
		return Buffer.from(await call<string>("GET", `${this.#session}/screenshot`), "base64");
	}

	async stop(): Promise<void> {
		await call("DELETE", this.#session).catch(() => {});
		for (const child of this.#children) await child.stop();
	}

	#keys(actions: readonly object[]): Promise<unknown> {
		return call("POST", `${this.#session}/actions`, { actions: [{ type: "key", id: "keyboard", actions }] });
	}

	async #find(selector: string, words: string): Promise<Found> {
		const script = `const [selector, words] = arguments;
			const all = (root) => [...root.querySelectorAll("*")].flatMap((e) => [e, ...(e.shadowRoot ? all(e.shadowRoot) : [])]);
			return all(document).find((e) => e.matches(selector) && e.checkVisibility()
				&& (e.getAttribute("aria-label") ?? e.textContent).trim().startsWith(words));`;
		const args = [selector, words];
		const found = await call<Found | null>("POST", `${this.#session}/execute/sync`, { script, args });
		if (!found) throw new Error(`nothing in sight is ${selector} ${words}; the page:\n${await this.text()}`);
		return found;
	}
}

/** Debian keeps it by architecture and version, out of the PATH. */
function miniBrowser(): string {
	const libraries = readdirSync("/usr/lib").filter((name) => name.includes("-linux-"));
	const found = ["/usr/lib", "/usr/libexec", ...libraries.map((name) => join("/usr/lib", name))]
		.filter((dir) => existsSync(dir))
		.flatMap((dir) =>
			readdirSync(dir)
				.filter((name) => name.startsWith("webkit"))
				.map((name) => join(dir, name)),
		)
		.map((dir) => join(dir, "MiniBrowser"))
		.find((path) => existsSync(path));
	if (!found) throw new Error("no MiniBrowser of WebKit: install the package webkit2gtk-driver");
	return found;
}

/** What WebDriver answers, or its error. */
async function call<T>(method: string, url: string, body?: object): Promise<T> {
	const headers = { "content-type": "application/json" };
	const response = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
	const { value } = (await response.json()) as { value: T & { error?: string; message?: string } };
	if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
	return value;
}

/** Tries until it goes well, for a while. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
	for (const deadline = Date.now() + 30_000; ; ) {
		try {
			return await work();
		} catch (err) {
			if (Date.now() > deadline) throw err;
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}
}

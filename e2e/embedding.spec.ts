/** docs/embedding.md: its snippets, run as they stand but for names that exist nowhere. */
import { openBare } from "./bare.ts";
import { expect, LOOPBACK, startWasmiko, test, type Wasmiko } from "./fixtures.ts";
import { snippets } from "./snippets.ts";
import { Terminal } from "./terminal.ts";

// biome-ignore lint/suspicious/noExplicitAny: what the page defines is what was built, not our sources
type Any = any;

const blocks = (language: string): string[] => snippets("docs/embedding.md", language);

let gateway: Wasmiko;
let fingerprint: string;

test.beforeAll(async () => {
	gateway = await startWasmiko(["demo", "--listen", "127.0.0.1:0", "--embed", "http://localhost:9", ...LOOPBACK]);
	const config = (await (await fetch(new URL("config.json", gateway.url))).json()) as { demo: { fingerprint: string } };
	fingerprint = config.demo.fingerprint;
});

test.afterAll(async () => {
	await gateway?.child.stop();
});

/** The names of the text for those of this machine. */
function here(code: string): string {
	const port = gateway.demoPort;
	return code
		.replaceAll(/wss?:\/\/[\w.:]+\/relay/g, new URL("relay", gateway.url).href.replace("http", "ws"))
		.replaceAll("https://ssh.example.org/", gateway.url)
		.replaceAll("SHA256:…", fingerprint)
		.replaceAll('host="db1.lab.example"', `host="127.0.0.1" port="${port}"`)
		.replaceAll('host: "db1.lab.example"', `host: "127.0.0.1", port: ${port}`)
		.replaceAll('port="2200"', `port="${port}"`)
		.replaceAll(/username(=|: )"ops"/g, 'username$1"robey"')
		.replaceAll("/var/log", "/upload")
		.replaceAll("/static/worker.js", "/assets/nowhere.js")
		.replaceAll(/"wasmiko(\/\w+)?"/g, (_, entry = "/wasmiko") => `"${gateway.url}lib${entry}.js"`)
		.replaceAll('"wasmiko/element.js"', `"${gateway.url}lib/element.js"`);
}

/** What the snippets leave to the page: a portal that answers. */
function portal(port: number): void {
	const w = window as Any;
	w.fetchKey = () => w.wasmiko.generateKey("ed25519");
	w.fetchPassword = async () => "foo";
	w.fetchTicket = async () => "no ticket at all";
	w.tenant = "acme";
	const target = { relay: "/relay", host: "127.0.0.1", port, username: "robey" };
	const hostKey = { knownHosts: "", onUnknown: "warn" };
	w.machines = [{ ...target, auth: [{ type: "password", password: "foo" }], hostKey }];
	addEventListener("ssh-hostkey", (event: Any) => event.respondWith("once"));
	addEventListener("ssh-password", (event: Any) => event.defaultPrevented || event.respondWith("foo"));
}

test("there are the snippets that are counted on", () => {
	expect([blocks("js").length, blocks("html").length, blocks("css").length]).toEqual([11, 3, 1]);
});

test("each script runs, against a server", async ({ page }) => {
	test.slow();
	await page.route(/\/script\.js\?/, async (route, request) => {
		const code = blocks("js")[Number(new URL(request.url()).searchParams.get("n"))] ?? "throw 0";
		await route.fulfill({ contentType: "text/javascript", body: `${here(code)}\nwindow.finished = true;` });
	});
	await page.addInitScript(portal, gateway.demoPort);
	await page.goto(gateway.url);
	const element = `<ssh-terminal host="127.0.0.1" port="${gateway.demoPort}" username="robey" style="display:block;height:300px"></ssh-terminal><div id="place"></div>`;
	for (const n of blocks("js").keys()) {
		await openBare(page, element);
		await page.evaluate(async (n) => {
			const w = window as Any;
			w.wasmiko = await import(new URL("lib/wasmiko.js", location.href).href);
			const script = document.createElement("script");
			script.type = "module";
			script.src = `script.js?n=${n}`;
			document.body.append(script);
		}, n);
		await expect
			.poll(() => page.evaluate(() => (window as Any).finished), { message: blocks("js")[n] ?? "" })
			.toBe(true);
	}
});

test("each piece of markup works, the page of ten minutes first", async ({ page }) => {
	await page.addInitScript(portal, gateway.demoPort);
	await page.goto(gateway.url);
	const [tenMinutes = "", element = ""] = blocks("html").map(here);
	for (const body of [tenMinutes, element]) {
		await page.route("**/markup.html", (route) => route.fulfill({ contentType: "text/html; charset=utf-8", body }));
		await page.goto(`${gateway.url}markup.html`);
		await new Terminal(page).shows("[m] messages", 40_000);
		await page.unroute("**/markup.html");
	}
});

test("the theme is taken, parts too", async ({ page }) => {
	await page.goto(gateway.url);
	await openBare(
		page,
		`<style>${blocks("css")[0]}</style><ssh-terminal style="display:block;height:300px"></ssh-terminal>`,
	);
	const seen = await page.evaluate(() => {
		const terminal = document.querySelector("ssh-terminal") as Any;
		void terminal.connect({ host: "127.0.0.1", port: 1, username: "u" }).catch(() => {});
		const dialog = terminal.shadowRoot.querySelector("[part=dialog]");
		const { background, cursor } = terminal.terminal.options.theme;
		return { background, cursor, radius: getComputedStyle(dialog).borderTopLeftRadius };
	});
	expect(seen).toEqual({ background: "#1e1b2e", cursor: "#c4b5fd", radius: "4px" });
});

/** /embed: a terminal in a frame of a page from elsewhere. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { AxeBuilder } from "@axe-core/playwright";
import type { FrameLocator, Page } from "@playwright/test";
import { expect, LOOPBACK, screenshot, startWasmiko, test, type Wasmiko } from "./fixtures.ts";
import { snippets } from "./snippets.ts";
import { PASSWORD } from "./sshd.ts";

// biome-ignore lint/suspicious/noExplicitAny: what the page defines is what was built, not our sources
type Any = any;

let portal: Server;
let origin: string;
let gateway: Wasmiko;

/** A page that has nothing of ours but the helper. */
const page = `<!doctype html><html lang="en"><title>Portal</title><link rel="icon" href="data:,">
<style>iframe { width: 100%; height: 440px; border: 0 }</style><h1>Machines</h1><div id="place"></div>
<script type="module">import { TerminalFrame } from "/frame.js"; window.TerminalFrame = TerminalFrame</script></html>`;

/** The page of docs/embedding.md, with the names of this machine. */
function documented(): string {
	const markup = snippets("docs/embedding.md", "html").find((each) => each.includes("TerminalFrame")) ?? "";
	return markup
		.replace("wasmiko/frame", "/frame.js")
		.replace("https://ssh.example.org/", gateway.url)
		.replace(
			'host: "db1.lab.example", username: "ops"',
			`host: "127.0.0.1", port: ${gateway.demoPort}, username: "robey"`,
		);
}

test.beforeAll(async () => {
	portal = createServer(({ url = "/" }, response) => {
		const script = /^\/([\w-]+\.js)$/.exec(url)?.[1];
		response.setHeader("content-type", script ? "text/javascript" : "text/html; charset=utf-8");
		response.end(script ? readFileSync(`../dist/npm/${script}`) : url === "/markup" ? documented() : page);
	});
	await new Promise<void>((done) => portal.listen(0, "127.0.0.1", done));
	// Another host than the gateway's: another site, so that storage is not shared.
	origin = `http://localhost:${(portal.address() as AddressInfo).port}`;
	gateway = await startWasmiko(["demo", "--listen", "127.0.0.1:0", "--embed", origin, ...LOOPBACK]);
});

test.afterAll(async () => {
	await gateway?.child.stop();
	portal?.closeAllConnections();
	portal?.close();
});

/** Puts a terminal into the portal's page, and notes all that its window and the helper hear. */
async function embed(page: Page, options: object): Promise<FrameLocator> {
	await page.goto(`${origin}/`);
	await page.waitForFunction(() => (window as Any).TerminalFrame);
	await page.evaluate(
		({ url, options }) => {
			const w = window as Any;
			w.heard = [];
			const frame = new w.TerminalFrame(url, options);
			for (const type of ["state", "title", "exit", "error"])
				frame.addEventListener(type, (event: Any) => w.heard.push([type, event.detail]));
			addEventListener("message", ({ data }) => w.heard.push(["window", data]));
			w.frame = frame;
			document.getElementById("place")?.append(frame.element);
		},
		{ url: gateway.url, options },
	);
	return page.frameLocator("iframe");
}

/** Answers a question. A click in its first half second counts for nothing: it may have been lured there. */
async function answer(frame: FrameLocator, name: string): Promise<void> {
	const button = frame.getByRole("button", { name });
	await expect(button).toBeVisible();
	await expect(async () => {
		if (await button.isVisible()) await button.click({ timeout: 500 });
		await expect(button).toBeHidden({ timeout: 1000 });
	}).toPass();
}

/** What becomes of an attempt to store something from within the frame. */
async function storageIn(page: Page): Promise<Record<string, string>> {
	const child = page.frames().find((each) => each.url().includes("/embed"));
	return child?.evaluate(async () => {
		const attempt = async (work: () => unknown): Promise<string> => {
			try {
				await work();
				return "stored";
			} catch (error) {
				return (error as Error).name;
			}
		};
		const open = () =>
			new Promise((done, refuse) => {
				const request = indexedDB.open("a database");
				request.onsuccess = done;
				request.onerror = () => refuse(new DOMException("no", "refused"));
			});
		return {
			localStorage: await attempt(() => localStorage.setItem("a", "b")),
			indexedDB: await attempt(open),
		};
	}) as Promise<Record<string, string>>;
}

const heard = (page: Page): Promise<Any[]> => page.evaluate(() => (window as Any).heard);

test("a terminal in a frame: keys to the server, news to the portal, and secrets to nobody", async ({ page, sshd }) => {
	expect(sshd.passwordUser, "an account with a password takes root").toBeDefined();
	const frame = await embed(page, {
		host: "127.0.0.1",
		port: sshd.port,
		username: sshd.passwordUser,
		fingerprint: sshd.fingerprint(),
		theme: "dark",
	});
	await frame.getByRole("textbox", { name: /password/i }).fill(PASSWORD);
	await answer(frame, "Log in");
	await expect
		.poll(async () => (await heard(page)).some(([type, d]) => type === "state" && d.state === "ready"))
		.toBe(true);
	// This browser gives a frame of another site no storage, as it is set to by default in private windows.
	expect(await storageIn(page)).toEqual({ localStorage: "SecurityError", indexedDB: "refused" });
	await screenshot(page, "frame-dark");
	// The frame may still be giving the focus back that its dialog had.
	await expect(async () => {
		await page.evaluate(() => (window as Any).frame.focus());
		await expect(frame.getByRole("textbox", { name: /^Terminal input/ })).toBeFocused({ timeout: 1000 });
	}).toPass();
	await page.keyboard.type("printf '\\033]2;from the shell\\007'; echo very''private; exit 4\n");
	await expect.poll(() => heard(page)).toContainEqual(["exit", { status: 4 }]);
	const all = JSON.stringify(await heard(page));
	expect(all).toContain("from the shell");
	expect(all).not.toContain("veryprivate");
	expect(all).not.toContain("very''private");
	expect(all).not.toContain(PASSWORD);
	const toWindow = (await heard(page)).filter(([type]) => type === "window").map(([, data]) => data.type);
	expect(toWindow).toEqual(["ssh:hello"]);
});

test("a wrong key stops it, and the portal learns of it", async ({ page, sshd }) => {
	const target = { host: "127.0.0.1", port: sshd.port, username: "root", fingerprint: `SHA256:${"A".repeat(43)}` };
	await embed(page, target);
	await expect.poll(async () => (await heard(page)).find(([type]) => type === "error")?.[1].code).toMatch(/^hostkey/);
});

test("options that make no sense are refused in a sentence, in the frame and to the portal", async ({ page }) => {
	const frame = await embed(page, { host: "db1", command: "rm -rf /" });
	await expect(frame.getByRole("alert")).toContainText("there is no option “command”");
	await expect.poll(async () => (await heard(page)).find(([type]) => type === "error")?.[1].code).toBe("frame");
});

test("a page that is not listed shows no frame", async ({ browser }) => {
	const context = await browser.newContext(); // of its own: here the policy is meant to be broken
	const page = await context.newPage();
	const refused = page.waitForEvent("console", (m) => m.text().includes("frame-ancestors"));
	// The same server by its other name: another origin.
	await page.goto(origin.replace("localhost", "127.0.0.1"));
	await page.evaluate((src) => {
		const frame = document.createElement("iframe");
		frame.src = src;
		document.body.append(frame);
	}, `${gateway.url}embed`);
	expect((await refused).text()).toContain(origin);
	const app = await page.request.get(gateway.url);
	expect(app.headers()["content-security-policy"]).toContain("frame-ancestors 'none'");
	const bare = await page.request.get(`${gateway.url}embed.html`);
	expect(bare.status()).toBe(404);
	await context.close();
});

test("nonsense and floods from the portal's page change nothing", async ({ page }) => {
	const frame = await embed(page, { host: "127.0.0.1", port: gateway.demoPort, username: "robey" });
	await expect(frame.getByRole("dialog")).toBeVisible();
	await page.evaluate((target) => {
		const child = (window as Any).frame.element.contentWindow;
		const nonsense = [null, 1, "ssh:init", [], {}, { type: "ssh:init" }, { type: "ssh:init", v: 1, options: {} }];
		for (let i = 0; i < 2000; i++) child.postMessage(nonsense[i % nonsense.length], target);
		// A second greeting with a port of its own: the first one holds.
		child.postMessage({ type: "ssh:init", v: 1, options: { host: "elsewhere" } }, target, [new MessageChannel().port2]);
	}, new URL(gateway.url).origin);
	await expect(frame.getByRole("dialog")).toContainText("127.0.0.1");
	await answer(frame, "Trust this time");
	await frame.getByRole("textbox", { name: /password/i }).fill("foo");
	await answer(frame, "Log in");
	await expect
		.poll(async () => (await heard(page)).some(([type, d]) => type === "state" && d.state === "ready"))
		.toBe(true);
	await page.evaluate(() => (window as Any).frame.setTheme("light"));
	await screenshot(page, "frame-light");
	await page.evaluate(() => (window as Any).frame.remove());
	await expect(page.locator("iframe")).toHaveCount(0);
});

test("what lies over a question takes its answer away, until it is gone", async ({ page }) => {
	const frame = await embed(page, { host: "127.0.0.1", port: gateway.demoPort, username: "robey" });
	const button = frame.getByRole("button", { name: "Trust this time" });
	await expect(button).toBeVisible();
	// A lure that is seen, while the clicks go through it to what is below.
	await page.evaluate(() => {
		const lure = document.createElement("div");
		lure.id = "lure";
		lure.textContent = "Click here to win";
		lure.style.cssText = "position:fixed;inset:0;background:#fff;pointer-events:none";
		document.body.append(lure);
	});
	await expect(async () => {
		await button.click();
		await expect(frame.getByRole("alert")).toContainText("lies over this question", { timeout: 500 });
	}).toPass();
	await button.focus();
	await page.keyboard.press("Enter");
	await expect(button).toBeVisible();
	await page.evaluate(() => document.getElementById("lure")?.remove());
	await answer(frame, "Trust this time");
	await expect(frame.getByRole("textbox", { name: /password/i })).toBeVisible();
});

test("a frame too small for all of a question's buttons takes an answer all the same", async ({ page }) => {
	const frame = await embed(page, { host: "127.0.0.1", port: gateway.demoPort, username: "robey" });
	await expect(frame.getByRole("button", { name: "Trust this time" })).toBeVisible();
	await page.evaluate(() => {
		(window as Any).frame.element.style.cssText = "width:300px;height:110px";
	});
	await answer(frame, "Trust this time");
	await expect(frame.getByRole("textbox", { name: /password/i })).toBeVisible();
});

/** A page at the gateway's place that means harm: it floods, it says nonsense, it reaches for the portal. */
const hostileChild = `<!doctype html><script>
const say = (message) => parent.postMessage(message, "*");
try { parent.document.title = "taken over" } catch {}
for (let i = 0; i < 1000; i++) say([{ type: "ssh:hello", v: 1 }, null, { type: "ssh:refused", message: 7 }, "ssh:hello"][i % 4]);
addEventListener("message", ({ ports: [port], data }) => {
	if (port === undefined) return;
	const junk = [null, 1, [], { type: "__proto__" }, { type: "click" }, { type: "state", state: {}, text: 1 },
		{ type: "state", state: "owned", text: "x" }, { type: "title", title: "x".repeat(1e5) }, { type: "exit", status: "0" },
		{ type: "error", code: {}, message: [], hint: 1 }, { type: "ticket" }];
	for (let i = 0; i < 2000; i++) port.postMessage(junk[i % junk.length]);
	port.postMessage({ type: "title", title: "honest", more: "not asked for" });
});
</script>`;

test("a hostile page in the gateway's place leaks nothing and breaks nothing", async ({ page }) => {
	await page.route(`${gateway.url}embed`, (route) =>
		route.fulfill({ contentType: "text/html; charset=utf-8", body: hostileChild }),
	);
	await page.goto(`${origin}/`);
	await page.waitForFunction(() => (window as Any).TerminalFrame);
	await page.evaluate((url) => {
		const w = window as Any;
		Object.assign(w, { heard: [], tickets: 0 });
		const ticket = () => new Promise((done) => setTimeout(done, 300, `ticket ${++w.tickets}`));
		const frame = new w.TerminalFrame(url, { ticket });
		for (const type of ["state", "title", "exit", "error", "click", "__proto__", "ticket"])
			frame.addEventListener(type, (event: Any) => w.heard.push([type, event.detail]));
		document.getElementById("place")?.append(frame.element);
		// Nor does the portal's own window count for the frame.
		for (let i = 0; i < 100; i++) postMessage({ type: "ssh:hello", v: 1 }, "*");
	}, gateway.url);
	await expect.poll(() => heard(page)).toContainEqual(["title", { title: "honest" }]);
	const others = (await heard(page)).filter(([type]) => type !== "title" && type !== "error");
	expect(others).toEqual([]);
	const errors = (await heard(page)).filter(([type]) => type === "error").map(([, detail]) => detail);
	expect(new Set(errors.map((each) => JSON.stringify(each)))).toEqual(
		new Set([JSON.stringify({ code: "frame", message: "7", hint: "" })]),
	);
	expect(await page.evaluate(() => (window as Any).tickets)).toBeLessThan(10);
	expect(await page.title()).toBe("Portal");
});

test("the portal's language, in the frame", async ({ page }) => {
	const frame = await embed(page, { host: "127.0.0.1", port: gateway.demoPort, username: "robey", locale: "de-AT" });
	await expect(frame.getByRole("dialog", { name: /^Erste Verbindung/ })).toBeVisible();
	const { violations } = await new AxeBuilder({ page }).include("iframe").analyze();
	expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
	for (const [name, width, colorScheme] of [
		["wide-light", 1280, "light"],
		["narrow-dark", 390, "dark"],
	] as const) {
		await page.setViewportSize({ width, height: 800 });
		await page.emulateMedia({ colorScheme });
		await screenshot(page, `frame-${name}`);
	}
});

test("the markup of docs/embedding.md, with the names of this machine", async ({ page }) => {
	const ended = page.waitForEvent("console", (message) => message.text().startsWith("ended"));
	await page.goto(`${origin}/markup`);
	const frame = page.frameLocator("iframe");
	await answer(frame, "Trust this time");
	await frame.getByRole("textbox", { name: /password/i }).fill("foo");
	await answer(frame, "Log in");
	await expect(frame.getByRole("textbox", { name: /^Terminal input/ })).toBeFocused();
	await page.keyboard.type("q");
	expect((await ended).text()).toBe("ended 0");
});

test("in a window of its own it says what it is for", async ({ page }) => {
	await page.goto(`${gateway.url}embed`);
	await expect(page.getByRole("alert")).toContainText("shown in a frame");
});

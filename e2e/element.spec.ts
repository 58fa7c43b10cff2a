/** `<ssh-terminal>` in pages that are not the application. */
import { readFileSync } from "node:fs";
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { App } from "./app.ts";
import { openBare as openPage } from "./bare.ts";
import { expect, readKey, screenshot, test } from "./fixtures.ts";
import { Other } from "./others.ts";
import { Terminal } from "./terminal.ts";

// biome-ignore lint/suspicious/noExplicitAny: what the page defines is what was built, not our sources
type Any = any;

/** Opens a page with the element, and notes every event of the element. */
async function openBare(page: Page, policy?: string): Promise<void> {
	await openPage(
		page,
		`<h1>A page of somebody else</h1>
<div id="first"><ssh-terminal id="t" style="display:block;height:300px"></ssh-terminal></div><div id="second"></div>`,
		policy,
	);
	await page.evaluate(() => {
		const events: unknown[] = [];
		Object.assign(window, { events });
		for (const type of ["ssh-state", "ssh-ready", "ssh-exit", "ssh-error", "ssh-title", "ssh-bell", "ssh-close"])
			document.addEventListener(type, (event) => {
				const { state, status, code, title } = (event as CustomEvent).detail ?? {};
				events.push([type, state ?? status ?? code ?? title ?? null]);
			});
	});
}

function events(page: Page): Promise<unknown[]> {
	return page.evaluate(() => (window as Any).events);
}

test("the example works under the strict policy", async ({ page, wasmiko }) => {
	const response = await page.goto(`examples/embed.html?port=${wasmiko.demoPort}`);
	expect(response?.headers()["content-security-policy"]).toContain("require-trusted-types-for 'script'");
	const app = new App(page);
	await app.button("Connect").click();
	await app
		.dialog(/^First connection to/)
		.getByRole("button", { name: "Trust this time" })
		.click();
	await app.password("foo");
	await app.terminal.shows("Press a key");
	await expect(page.getByText(`Connected to robey@127.0.0.1:${wasmiko.demoPort}`).last()).toBeVisible();
	await app.button("Disconnect").click();
	await expect(page.locator("#state")).toHaveText("Not connected");
});

test("options connect it, with a pinned key and no question, and events tell how it goes", async ({ page, sshd }) => {
	await openBare(page);
	const terminal = new Terminal(page);
	await page.evaluate(
		async ({ key, pin, port, username }) => {
			const t = document.querySelector("ssh-terminal") as Any;
			const options = { host: "127.0.0.1", port, username, keys: [{ key, name: "mine" }], hostKey: { pin } };
			const connecting = t.connect(options);
			// Frameworks set properties anew whenever they render: that is for the next time.
			t.options = { ...options, hostKey: undefined, host: "elsewhere.invalid" };
			const client = await connecting;
			Object.assign(window, { same: client === t.client });
		},
		{ key: readKey(sshd, "user"), pin: sshd.fingerprint(), port: sshd.port, username: sshd.username },
	);
	await terminal.shows(/[$#] ?$/);
	expect(await page.evaluate(() => (window as Any).same)).toBe(true);
	await page.evaluate(() =>
		(document.querySelector("ssh-terminal") as Any).sendText("printf '\\a\\e]2;hi\\a'; exit 7\n"),
	);
	await expect.poll(() => events(page)).toContainEqual(["ssh-exit", 7]);
	const seen = await events(page);
	const states = seen.filter((event) => (event as string[])[0] === "ssh-state").map((event) => (event as string[])[1]);
	expect(states).toEqual(["connecting", "kex", "hostkey", "auth", "ready", "ended"]);
	for (const event of [
		["ssh-ready", null],
		["ssh-title", "hi"],
		["ssh-bell", null],
	])
		expect(seen).toContainEqual(event);
	await expect(page.locator("#t")).toHaveAttribute("data-state", "ended");
});

test("a pin that does not fit stops it, and connect rejects with what happened", async ({ page, sshd }) => {
	await openBare(page);
	const failure = await page.evaluate(
		async ({ port, pin }) => {
			const t = document.querySelector("ssh-terminal") as Any;
			t.setAttribute("fingerprint", pin);
			const options = { host: "127.0.0.1", port, username: "root" };
			return t.connect(options).catch(({ name, code, reason }: Any) => ({ name, code, reason }));
		},
		{ port: sshd.port, pin: `SHA256:${"A".repeat(43)}` },
	);
	expect(failure).toEqual({ name: "HostKeyError", code: "hostkey", reason: "mismatch" });
	expect(await events(page)).toContainEqual(["ssh-error", "hostkey/mismatch"]);
});

test("a key that an administrator's list does not have cannot be replaced", async ({ page, sshd }) => {
	await openBare(page);
	const wrong = `[127.0.0.1]:${sshd.port} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${"A".repeat(43)}`;
	await page.evaluate(
		({ port, wrong }) => {
			const knownHosts = { read: async () => "", add: async () => {}, replace: async () => {} };
			const options = { host: "127.0.0.1", port, username: "root", knownHosts, systemKnownHosts: wrong };
			void (document.querySelector("ssh-terminal") as Any).connect(options).catch(() => {});
		},
		{ port: sshd.port, wrong },
	);
	const alarm = page.getByRole("alertdialog");
	await expect(alarm).toContainText("In the administrator's list");
	await expect(alarm).toContainText(sshd.fingerprint());
	await expect(alarm.getByRole("button")).toHaveText(["Close"]);
});

test("the page answers questions itself, and no dialog shows", async ({ page, wasmiko }) => {
	await openBare(page);
	const config = await (await page.request.get("config.json")).json();
	const asked = await page.evaluate(async (port) => {
		const asked: unknown[] = [];
		document.addEventListener("ssh-hostkey", (event: Any) => {
			asked.push(["ssh-hostkey", event.question.fingerprint]);
			event.respondWith(Promise.resolve("once"));
		});
		document.addEventListener("ssh-password", (event: Any) => {
			asked.push(["ssh-password", event.question.attempt]);
			event.respondWith(event.question.attempt === 1 ? "wrong" : "foo");
		});
		await (document.querySelector("ssh-terminal") as Any).connect({ host: "127.0.0.1", port, username: "robey" });
		return asked;
	}, wasmiko.demoPort);
	expect(asked).toEqual([
		["ssh-hostkey", config.demo.fingerprint],
		["ssh-password", 1],
		["ssh-password", 2],
	]);
	await expect(page.getByRole("dialog")).toHaveCount(0);
	await new Terminal(page).shows("Press a key");
});

test("an expired password is changed in a dialog, which shows what the server says of it", async ({ page }) => {
	const server = await new Other("asyncssh").start();
	try {
		await openBare(page);
		await page.evaluate(
			(options) => void (document.querySelector("ssh-terminal") as Any).connect(options).catch(() => {}),
			{
				...{ host: "127.0.0.1", port: server.port, username: server.username },
				...{ hostKey: { pin: server.fingerprint() }, password: "expired" },
			},
		);
		const question = page.getByRole("dialog", { name: `New password for ${server.username} on 127.0.0.1` });
		await expect(question).toContainText("Your password has expired");
		const [first, second] = [question.getByLabel("New password"), question.getByLabel("The same again")];
		await expect(first).toBeFocused();
		await screenshot(page, "new-password");
		await first.press("Enter");
		await expect(question.getByRole("alert")).toHaveText("Choose a new password first.");
		await first.fill("short");
		await second.fill("shorter");
		await second.press("Enter");
		await expect(question.getByRole("alert")).toHaveText("These two are not the same.");
		await second.fill("short");
		await second.press("Enter");
		await expect(question).toContainText("Too short: take eight characters");
		await expect(question.getByRole("alert").first()).toHaveText("The server does not take that one. Attempt 2.");
		await expect(first).toHaveValue("");
		await first.fill("long enough");
		await second.fill("long enough");
		await question.getByRole("button", { name: "Change and log in" }).click();
		await new Terminal(page).shows("welcome");
	} finally {
		await server.dispose();
	}
});

test("an answer that fails is a refusal", async ({ page, wasmiko }) => {
	await openBare(page);
	const failure = await page.evaluate(async (port) => {
		const t = document.querySelector("ssh-terminal") as Any;
		t.addEventListener("ssh-hostkey", (event: Any) => event.respondWith(Promise.reject(new Error("no"))));
		return t.connect({ host: "127.0.0.1", port, username: "robey" }).then(
			() => "connected",
			() => t.state,
		);
	}, wasmiko.demoPort);
	expect(failure).toBe("failed");
});

test("moving it keeps the session, removing it ends it and its Worker", async ({ page, sshd }) => {
	await openBare(page);
	const terminal = new Terminal(page);
	const target = { key: readKey(sshd, "user"), pin: sshd.fingerprint(), port: sshd.port, username: sshd.username };
	const connect = () =>
		page.evaluate(async ({ key, pin, port, username }) => {
			const t = document.querySelector("ssh-terminal") as Any;
			await t.connect({ host: "127.0.0.1", port, username, keys: [{ key, name: "mine" }], hostKey: { pin } });
		}, target);
	const before = page.workers().length;
	await connect();
	await terminal.shows(/[$#] ?$/);
	expect(page.workers().length).toBe(before + 1);
	await page.evaluate(() => document.getElementById("second")?.append(document.getElementById("t") as Node));
	await page.evaluate(() => (document.querySelector("ssh-terminal") as Any).sendText("echo mo''ved\n"));
	await terminal.shows(/^moved$/m);
	expect(await events(page)).not.toContainEqual(["ssh-state", "idle"]);

	await page.evaluate(() => {
		const t = document.getElementById("t") as HTMLElement;
		Object.assign(window, { t });
		t.remove();
	});
	await expect.poll(() => page.workers().length).toBe(before);
	expect(await page.evaluate(() => (window as Any).t.state)).toBe("idle");
	// It can come back, and connect anew.
	await page.evaluate(() => document.getElementById("first")?.append((window as Any).t));
	await connect();
	await terminal.shows(/[$#] ?$/);
});

test("two in one page do not disturb each other", async ({ page, sshd, wasmiko }) => {
	await openBare(page);
	const texts = await page.evaluate(
		async ({ key, pin, port, username, demoPort }) => {
			const first = document.querySelector("ssh-terminal") as Any;
			const second = document.createElement("ssh-terminal") as Any;
			second.style.cssText = "display:block;height:300px";
			document.getElementById("second")?.append(second);
			const host = "127.0.0.1";
			const robey = { username: "robey", password: "foo", hostKey: { knownHosts: "", onUnknown: "warn" } };
			await Promise.all([
				first.connect({ host, port, username, keys: [{ key, name: "mine" }], hostKey: { pin } }),
				second.connect({ host, port: demoPort, ...robey }),
			]);
			const one = await (await first.client.exec("echo one")).text();
			const two = await (await second.client.exec("echo two")).text();
			first.disconnect();
			return [one, two, first.state, second.state];
		},
		{
			...{ key: readKey(sshd, "user"), pin: sshd.fingerprint(), port: sshd.port, username: sshd.username },
			demoPort: wasmiko.demoPort,
		},
	);
	expect(texts).toEqual(["one\n", "two\n", "idle", "ready"]);
	await expect.poll(() => page.workers().length).toBe(1);
});

test("attributes alone are enough: autoconnect", async ({ page, wasmiko }) => {
	await openBare(page);
	await page.evaluate((port) => {
		const t = document.createElement("ssh-terminal");
		for (const [name, value] of Object.entries({ host: "127.0.0.1", port, username: "robey", autoconnect: "" }))
			t.setAttribute(name, String(value));
		document.getElementById("t")?.replaceWith(t);
	}, wasmiko.demoPort);
	await expect(page.getByRole("dialog", { name: /^First connection to/ })).toBeVisible();
});

test("without a place to connect to it says so", async ({ page }) => {
	await openBare(page);
	const failure = await page.evaluate(() => (document.querySelector("ssh-terminal") as Any).connect().catch(String));
	expect(failure).toMatch(/host/i);
	await expect(page.getByRole("alertdialog")).toContainText(/host/i);
});

/** The policy of docs/embedding.md, to the letter. */
function documentedPolicy(): string {
	const doc = readFileSync("../docs/embedding.md", "utf8");
	const [, policy = ""] = /### Content security policy[\s\S]*?```\n([\s\S]*?)```/.exec(doc) ?? [];
	expect(policy).toContain("require-trusted-types-for");
	return `default-src 'none'; ${policy.replace(/\s+/g, " ").replace("wss://ssh.example.org", "'self'")}`;
}

test("in a shadow root, under the documented policy: terminal, files, find and pictures break nothing", async ({
	page,
	wasmiko,
}) => {
	await openBare(page, documentedPolicy());
	const terminal = new Terminal(page);
	await page.evaluate(async (port) => {
		const violations: string[] = [];
		Object.assign(window, { violations });
		addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
		const host = document.createElement("div");
		document.getElementById("first")?.replaceWith(host);
		const t = document.createElement("ssh-terminal") as Any;
		t.setAttribute("files", "");
		t.style.cssText = "height:560px";
		host.attachShadow({ mode: "open" }).append(t);
		Object.assign(window, { t });
		const hostKey = { knownHosts: "", onUnknown: "warn" };
		await t.connect({ host: "127.0.0.1", port, username: "robey", password: "foo", hostKey });
	}, wasmiko.demoPort);
	// It covers no letter.
	const button = await page.getByRole("button", { name: "Files" }).boundingBox();
	const screen = await page.locator("ssh-terminal .xterm-screen").boundingBox();
	expect((button?.y ?? 0) + (button?.height ?? 0)).toBeLessThanOrEqual(screen?.y ?? 0);
	await page.getByRole("button", { name: "Files" }).click();
	const files = page.locator("ssh-files");
	await expect(files.getByRole("row").nth(1)).toBeVisible();
	await expect(terminal.page.getByRole("button", { name: "Files", exact: true })).toHaveAttribute(
		"aria-expanded",
		"true",
	);
	for (const [name, width, colorScheme] of [
		["wide-light", 1280, "light"],
		["wide-dark", 1280, "dark"],
		["narrow-dark", 390, "dark"],
	] as const) {
		await page.setViewportSize({ width, height: 800 });
		await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
		await screenshot(page, `element-files-${name}`);
		const { violations } = await new AxeBuilder({ page }).disableRules(["region", "landmark-one-main"]).analyze();
		expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
	}
	await page.evaluate(() => (window as Any).t.focus());
	await page.keyboard.press("Control+Shift+F");
	await expect(page.getByRole("search")).toBeVisible();
	expect(await page.evaluate(() => (window as Any).violations)).toEqual([]);
	const text = await page.evaluate(async () => {
		const { t } = window as Any;
		t.write("\u001b[38;2;10;200;30mtrue colour\u001b[0m");
		await new Promise<void>((done) => t.terminal.write("", done));
		return t.serialize();
	});
	expect(text).toMatch(/38;2;10;200;30(;\d+)*mtrue colour/);
});

test("a locked host is the only one: whatever options say, nothing else is connected", async ({ page, wasmiko }) => {
	await openBare(page);
	const failures = await page.evaluate(async (port) => {
		const t = document.querySelector("ssh-terminal") as Any;
		for (const [name, value] of Object.entries({ host: "localhost", port, "locked-host": "" }))
			t.setAttribute(name, String(value));
		const attempt = (options: object) =>
			t
				.connect({ username: "robey", password: "foo", hostKey: { knownHosts: "", onUnknown: "warn" }, ...options })
				.then(
					() => "connected",
					({ code, reason }: Any) => `${code}/${reason}`,
				);
		return [
			await attempt({ host: "elsewhere.example" }),
			await attempt({ host: undefined, port: 22 }),
			await attempt({ port: undefined }),
		];
	}, wasmiko.demoPort);
	expect(failures).toEqual(["dial/locked", "dial/locked", "connected"]);
});

test("readonly shows and sends nothing, and fonts and colours follow attributes and properties", async ({
	page,
	sshd,
}) => {
	await openBare(page);
	const terminal = new Terminal(page);
	await page.evaluate(
		async ({ key, pin, port, username }) => {
			const t = document.querySelector("ssh-terminal") as Any;
			t.setAttribute("readonly", "");
			t.setAttribute("font-size", "22");
			t.setAttribute("theme", "dark");
			t.style.setProperty("--ssh-background", "#102030");
			await t.connect({ host: "127.0.0.1", port, username, keys: [{ key, name: "mine" }], hostKey: { pin } });
			t.sendText("echo not''sent\n");
		},
		{ key: readKey(sshd, "user"), pin: sshd.fingerprint(), port: sshd.port, username: sshd.username },
	);
	await terminal.shows(/[$#] ?$/);
	await page.locator("ssh-terminal").click();
	await page.keyboard.type("echo not''typed\n");
	const { fontSize, background } = await page.evaluate(() => {
		const { options } = (document.querySelector("ssh-terminal") as Any).terminal;
		return { fontSize: options.fontSize, background: options.theme.background };
	});
	expect({ fontSize, background }).toEqual({ fontSize: 22, background: "#102030" });
	await page.evaluate(() => {
		const t = document.querySelector("ssh-terminal") as Any;
		t.removeAttribute("readonly");
		t.sendText("echo se''nt\n");
	});
	await terminal.shows(/^sent$/m);
	expect(await terminal.text()).not.toMatch(/notsent|nottyped/);
});

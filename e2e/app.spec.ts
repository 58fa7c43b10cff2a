/** The home screen, what it understands, and what it remembers. */
import type { Page } from "@playwright/test";
import { App } from "./app.ts";
import { expect, readKey, test } from "./fixtures.ts";
import { freePort } from "./process.ts";
import { PASSWORD } from "./sshd.ts";

test("the page opens on one field, which has the focus", async ({ page }) => {
	const app = await new App(page).open();
	await expect(page).toHaveTitle("Wasmiko");
	await expect(page.getByRole("heading", { name: "Connect to a server" })).toBeVisible();
	await expect(app.field).toBeFocused();
	await expect(page.getByRole("tab")).toHaveCount(0);
});

test.describe("before the page's script has come", () => {
	/** Opens the page without its script, and gives what lets it come. */
	async function openHeld(page: Page): Promise<(act: "continue" | "abort") => void> {
		let release: (act: "continue" | "abort") => void = () => {};
		const act = new Promise<"continue" | "abort">((resolve) => {
			release = resolve;
		});
		await page.route(/assets\/app-.*\.js$/, async (route) => await route[await act]());
		await page.goto("", { waitUntil: "commit" });
		await expect(new App(page).field).toBeFocused();
		return release;
	}

	test("what is typed is kept, and typing goes on", async ({ page }) => {
		const release = await openHeld(page);
		const app = new App(page);
		await page.keyboard.type("ssh -p 22 me@");
		release("continue");
		await expect(app.button("Key file…")).toBeVisible();
		await page.keyboard.type("nowhere.invalid");
		await expect(app.field).toHaveValue("ssh -p 22 me@nowhere.invalid");
		await page.keyboard.press("Enter");
		await expect(app.tab).toHaveAccessibleName(/nowhere\.invalid/);
	});

	for (const how of ["Enter", "the button"])
		test(`what is submitted with ${how} is carried out when it comes`, async ({ page, sshd }) => {
			const release = await openHeld(page);
			const app = new App(page);
			await page.keyboard.type(`${sshd.username}@127.0.0.1:${sshd.port}`);
			if (how === "Enter") await page.keyboard.press("Enter");
			else await app.button("Connect").click();
			await expect(page.locator("#home form")).toHaveAttribute("aria-busy", "true");
			await expect(app.field).toHaveValue(/@/);
			release("continue");
			await app.trust();
			await expect(app.tab).toHaveAccessibleName(/127\.0\.0\.1/);
			await expect(page.locator("#home form")).not.toHaveAttribute("aria-busy");
			expect(new URL(page.url()).search).toBe("");
		});

	test("nothing is carried out of what was changed after it was submitted, nor of an empty field", async ({ page }) => {
		const release = await openHeld(page);
		const app = new App(page);
		await page.keyboard.press("Enter");
		await expect(page.locator("#home form")).not.toHaveAttribute("aria-busy");
		await page.keyboard.type("me@nowhere.invalid");
		await page.keyboard.press("Enter");
		await page.keyboard.type("x");
		await expect(page.locator("#home form")).not.toHaveAttribute("aria-busy");
		release("continue");
		await expect(app.button("Key file…")).toBeVisible();
		await expect(app.field).toHaveValue("me@nowhere.invalidx");
		await expect(page.getByRole("tab")).toHaveCount(0);
	});

	test("a script that cannot be had is told, and nobody waits for it", async ({ page }) => {
		const release = await openHeld(page);
		await page.keyboard.type("me@nowhere.invalid");
		await page.keyboard.press("Enter");
		release("abort");
		await expect(page.getByRole("alert")).toHaveText(/^The page has not come whole/);
		await page.keyboard.press("Enter");
		await expect(page.locator("#home form")).not.toHaveAttribute("aria-busy");
	});
});

test("the form works before the browser's database answers, and sessions wait for it", async ({ page }) => {
	await page.addInitScript(() => {
		let openDatabase = () => {};
		const open = new Promise<void>((resolve) => {
			openDatabase = resolve;
		});
		const listen = EventTarget.prototype.addEventListener;
		IDBOpenDBRequest.prototype.addEventListener = function (type: string, hear: EventListener) {
			listen.call(this, type, (event) => (type === "success" ? void open.then(() => hear(event)) : hear(event)));
		};
		Object.assign(window, { openDatabase });
	});
	const app = await new App(page).open();
	await app.connect("me@nowhere.invalid");
	await expect(app.field).toHaveValue("");
	await expect(page.getByRole("tab")).toHaveCount(0);
	await page.evaluate("openDatabase()");
	await expect(app.tab).toHaveAccessibleName(/nowhere\.invalid/);
});

test.describe("the demo", () => {
	test("is one click away", async ({ page }) => {
		const app = await new App(page).open();
		const terminal = await app.demo();
		await expect(page.getByRole("dialog")).toHaveCount(0);
		await page.keyboard.press("Enter");
		await terminal.shows(/guest ?book/i);
		await expect(app.tab).toHaveAccessibleName(/^demo/);
	});

	test("shows the first-connection question to whoever wants to see it", async ({ page }) => {
		const app = await new App(page).open();
		const config = await (await page.request.get("config.json")).json();
		await app.button("See the first-connection question").click();
		const question = app.dialog("First connection to");
		await expect(question).toContainText(config.demo.fingerprint);
		await question.getByRole("button", { name: "Trust this time" }).click();
		await app.connected();
		await app.terminal.shows("Press a key");
	});
});

test.describe("the field takes", () => {
	test("every spelling of a server that people have at hand", async ({ page, sshd }) => {
		const user = sshd.username;
		const { port } = sshd;
		const app = await new App(page).open();
		await app.chooseKey(`${sshd.dir}/user`);
		for (const [name, text] of [
			["user@host:port", `${user}@127.0.0.1:${port}`],
			["spaces around it", `  ${user}@127.0.0.1:${port}  `],
			["a whole ssh command", `ssh -p ${port} ${user}@127.0.0.1`],
			["an ssh command with its options behind, after a prompt", `$ ssh ${user}@127.0.0.1 -p${port} -v`],
			["an ssh command with -l and -o", `ssh -l ${user} -o Port=${port} 127.0.0.1`],
			["a URL", `ssh://${user}@127.0.0.1:${port}/`],
			["a name", `${user}@localhost:${port}`],
		] as const)
			await test.step(name, async () => {
				await app.button("Wasmiko, home").click();
				await app.connect(text);
				if (name === "user@host:port" || name === "a name") await app.trust("Trust and save");
				await app.connected();
				const host = name === "a name" ? "localhost" : "127.0.0.1";
				await expect(app.tab).toHaveAccessibleName(`${host}, Connected to ${user}@${host}:${port}`);
			});
	});

	test("an IPv6 address, and says that nothing is there", async ({ page }) => {
		const app = await new App(page).open();
		const port = await freePort();
		await app.connect(`root@[::1]:${port}`);
		const failure = app.alert(/::1/);
		await expect(failure).toContainText(`nothing listens on port ${port}`);
		await expect(failure.getByRole("button", { name: "Try again" })).toBeFocused();
	});

	test("a bare host, and asks for the user", async ({ page, sshd }) => {
		const app = await new App(page).open();
		await app.chooseKey(`${sshd.dir}/user`);
		await app.connect(`127.0.0.1:${sshd.port}`);
		const user = page.getByLabel("User name on that server");
		await expect(user).toBeFocused();
		await user.press("Enter");
		await expect(page.getByRole("alert").filter({ hasText: "name of your account" })).toBeVisible();
		await user.fill(sshd.username);
		await user.press("Enter");
		await app.trust();
		await app.connected();
	});
});

test("the field refuses, in plain words, what names no server", async ({ page }) => {
	const app = await new App(page).open();
	for (const [name, text, sentence] of [
		["nothing", "", "Type a server's name"],
		["port 0", "root@db1:0", "Port 0 does not exist"],
		["port 65536", "root@db1:65536", "Port 65536 does not exist"],
		["a port that is a word", "root@db1:abc", "“abc” is not a port"],
		["a port that is missing", "root@db1:", "The port is missing"],
		["a web address", "https://db1.example/", "That is a web address. For SSH, type just the host: db1.example"],
		["another scheme", "telnet://db1", "telnet:// is not SSH"],
		["a password in a URL", "ssh://root:hunter2@db1", "This link contains a password. It was not used"],
		["spaces", "root at db1", "A host has no spaces"],
		["an open quotation mark", "ssh -i 'key root@db1", "quotation mark"],
		["scp", "scp file root@db1:", "scp copies files"],
		["an open bracket", "root@[::1", "The bracket is not closed"],
		["an address that is none", "root@300.1.1.1", "each part goes from 0 to 255"],
		["a command without a host", "ssh -p 22", "names no host"],
		["a jump host that is missing", "ssh -J a,,b root@db1", "A jump host (-J) is missing between two commas."],
	] as const)
		await test.step(name, async () => {
			await app.connect(text);
			await expect(page.getByRole("alert").filter({ hasText: sentence })).toBeVisible();
			await expect(app.field).toHaveAttribute("aria-invalid", "true");
			await expect(app.field).toHaveValue(name === "a password in a URL" ? "" : text);
			await expect(page.getByRole("tab")).toHaveCount(0);
			// The complaint goes away with the next letter.
			await app.field.press("End");
			await app.field.press("x");
			await expect(page.getByText(sentence)).toHaveCount(0);
		});
});

test("a link fills the form in, and connects to nothing", async ({ page }) => {
	const app = await new App(page).open("?host=db1.example&port=2222&user=root&password=hunter2&cmd=reboot");
	await expect(app.field).toHaveValue("root@db1.example:2222");
	await expect(page.getByText("A link filled this in")).toContainText("db1.example");
	await expect(page.getByText("contains a password or key. It was not used")).toBeVisible();
	await expect(page.getByText("Commands in links are never run")).toBeVisible();
	await expect(page.getByRole("tab")).toHaveCount(0);
});

test("connecting shows its steps, each with what it found", async ({ page, sshd }) => {
	const app = await new App(page).open();
	await app.connect(`${sshd.username}@127.0.0.1:${sshd.port}`);
	await expect(app.dialog(/^First connection/)).toBeVisible();
	await app.is(/Checking the key of/);
	await app.trust();
	await expect(app.dialog(/^Password for/)).toBeVisible();
	await app.is(/Logging in to/);
	// The questions cover the steps, and give way to them while nothing is asked.
	await page.evaluate(() => {
		const seen: string[] = [];
		Object.assign(window, { seen });
		const layer = document.querySelector("ssh-terminal")?.shadowRoot;
		new MutationObserver(() => {
			const items = [...(layer?.querySelectorAll("li") ?? [])];
			if (items.length > 0) seen.push(items.map((item) => item.textContent).join("|"));
		}).observe(layer as Node, { childList: true, subtree: true });
	});
	await app.password("wrong");
	await expect(app.dialog(/^Password for/)).toContainText("Attempt 2.");
	const seen = await page.evaluate(() => (window as unknown as { seen: string[] }).seen);
	const last = seen.at(-1) ?? "";
	for (const step of ["Gateway", "Server", "Key exchange", "Host key", "Login"]) expect(last).toContain(step);
	expect(last, "the key exchange that was agreed on").toMatch(/25519|nistp|mlkem|sntrup/);
});

test("servers of before are offered again, and can be forgotten", async ({ page, sshd }) => {
	const app = await new App(page).open();
	await app.session(sshd, sshd.username);
	const name = `${sshd.username}@127.0.0.1:${sshd.port}`;
	await page.goto("about:blank");
	await app.open();
	const recent = page.getByRole("region", { name: "Recent" });
	await recent.getByRole("button", { name }).first().click();
	await expect(app.dialog(/^First connection/)).toBeVisible();
	await app
		.dialog(/^First connection/)
		.getByRole("button", { name: "Cancel" })
		.click();
	await app.button("Wasmiko, home").click();
	await recent.getByRole("button", { name: `Forget ${name}` }).click();
	await expect(recent).toBeHidden();
	await page.reload();
	await expect(app.field).toBeVisible();
	await expect(recent).toBeHidden();
});

test("nothing secret is stored: no password, no passphrase, no key", async ({ page, sshd }) => {
	expect(sshd.passwordUser, "an account with a password takes root").toBeDefined();
	const app = await new App(page).open();
	await app.connect(`${sshd.passwordUser}@127.0.0.1:${sshd.port}`);
	await app.trust("Trust and save");
	await page.getByLabel("Keep until this tab closes").check();
	await app.password(PASSWORD);
	await app.connected();
	await app.button("Wasmiko, home").click();
	await app.chooseKey(`${sshd.dir}/locked`);
	await app.connect(`${sshd.username}@127.0.0.1:${sshd.port}`);
	await app
		.dialog(/^Passphrase/)
		.getByLabel("Passphrase", { exact: true })
		.fill("open sesame");
	await app
		.dialog(/^Passphrase/)
		.getByRole("button", { name: "Unlock" })
		.click();
	await app.connected();
	await expect.poll(() => stored(app)).toContain(`${sshd.username}`);
	const all = await stored(app);
	expect(all).toContain(sshd.knownHostsLine());
	const keyBody = readKey(sshd, "locked").split("\n").slice(1, 3);
	for (const secret of [PASSWORD, "open sesame", "PRIVATE KEY", ...keyBody]) expect(all).not.toContain(secret);
});

/** Everything that the page has put into this browser, as text. */
function stored(app: App): Promise<string> {
	return app.page.evaluate(async () => {
		const done = <T>(request: IDBRequest<T>) =>
			new Promise<T>((resolve, reject) => {
				request.onsuccess = () => resolve(request.result);
				request.onerror = () => reject(request.error);
			});
		const text = (value: unknown): string =>
			value instanceof ArrayBuffer || ArrayBuffer.isView(value)
				? new TextDecoder().decode(value)
				: JSON.stringify(value, (_, each) => (ArrayBuffer.isView(each) ? new TextDecoder().decode(each) : each));
		let all = JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie;
		for (const { name } of await indexedDB.databases()) {
			const database = await done(indexedDB.open(name ?? ""));
			for (const store of database.objectStoreNames) {
				const rows = database.transaction(store).objectStore(store);
				all += text(await done(rows.getAllKeys())) + text(await done(rows.getAll()));
			}
			database.close();
		}
		for (const name of await caches.keys())
			for (const request of await (await caches.open(name)).keys()) all += request.url;
		return all;
	});
}

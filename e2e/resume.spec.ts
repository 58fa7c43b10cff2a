/** Sessions that outlive their connection to the gateway. */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { App } from "./app.ts";
import { openBare } from "./bare.ts";
import { Cutter } from "./cutter.ts";
import { expect, LOOPBACK, screenshot, startWasmiko, test, type Wasmiko } from "./fixtures.ts";
import { freePort } from "./process.ts";
import { byKey, equip, folder, MiB, open } from "./sftp.ts";
import { PASSWORD } from "./sshd.ts";
import { Terminal } from "./terminal.ts";

const interrupted = { name: /^Connection to \S+ interrupted\.$/ };

/** A way to a gateway that can be cut. */
async function through(wasmiko: Wasmiko): Promise<{ cutter: Cutter; url: string }> {
	const cutter = await new Cutter(Number(new URL(wasmiko.url).port)).start();
	return { cutter, url: `http://127.0.0.1:${cutter.port}/` };
}

test("the same shell goes on, and what was typed meanwhile arrives", async ({ page, wasmiko, sshd }) => {
	const { cutter, url } = await through(wasmiko);
	try {
		const app = await new App(page).open(url);
		const terminal = await app.session(sshd);
		await terminal.run("mark=same; echo $((40+2))");
		await terminal.shows(/^42$/m);
		cutter.down = true;
		cutter.cut();
		const bar = page.getByRole("region", interrupted);
		await expect(bar).toContainText(/Trying again in \d+ s|Trying \(attempt \d+\)/);
		await expect(bar).toContainText("the gateway keeps the session for 15 minutes");
		await app.is(/, Reconnecting to /);
		await terminal.shows("42");
		await page.keyboard.type("echo $mark shell");
		await page.keyboard.press("Enter");
		await expect(bar.locator("kbd")).toHaveText("echo $mark shell⏎");
		await terminal.paste("rm -rf precious\n");
		await expect(page.getByText("Paste again when the connection is back.")).toBeVisible();
		await expect(bar.locator("kbd")).not.toContainText("precious");
		await screenshot(page, "interrupted");
		await page.emulateMedia({ colorScheme: "dark" });
		await page.setViewportSize({ width: 390, height: 700 });
		await screenshot(page, "interrupted-narrow-dark");
		await page.setViewportSize({ width: 1280, height: 800 });

		cutter.down = false;
		// It may be back by itself before the button is reached.
		await bar
			.getByRole("button", { name: "Reconnect now" })
			.click({ timeout: 5000 })
			.catch(() => {});
		await terminal.shows(/^same shell$/m);
		await expect(bar).toBeHidden();
		await app.connected();
		expect(await terminal.text()).not.toContain("precious");
	} finally {
		cutter.stop();
	}
});

test("a short cut is not worth a word", async ({ page, wasmiko, sshd }) => {
	const { cutter, url } = await through(wasmiko);
	try {
		const app = await new App(page).open(url);
		const terminal = await app.session(sshd);
		await page.evaluate(() => {
			const words: number[] = [];
			Object.assign(window, { words });
			let lost = Number.NaN;
			let was = true;
			const { client } = document.querySelector("ssh-terminal") as unknown as { client: EventTarget };
			client.addEventListener("link", (event) => {
				const { up } = (event as CustomEvent<{ up: boolean }>).detail;
				if (was && !up) lost = performance.now();
				was = up;
			});
			document.addEventListener("ssh-state", () => words.push(performance.now() - lost));
		});
		for (let i = 1; i <= 5; i++) {
			cutter.cut();
			await terminal.run(`echo cut $((${i}*11))`);
			await terminal.shows(new RegExp(`^cut ${i * 11}$`, "m"));
		}
		expect(cutter.cuts).toBe(5);
		// Where the machine is busy, a cut may last; a word comes after half a second, and then it may.
		const words = await page.evaluate(() => (window as unknown as { words: number[] }).words);
		expect(words.filter((ms) => !(ms >= 499))).toEqual([]);
	} finally {
		cutter.stop();
	}
});

test("files go on across twenty cuts, both ways, and are whole", async ({ page, wasmiko, sshd }) => {
	const { cutter, url } = await through(wasmiko);
	const size = 32 * MiB;
	const dir = folder(sshd);
	const bytes = randomBytes(size);
	writeFileSync(join(dir, "down"), bytes);
	const sum = (data: Buffer) => createHash("sha256").update(data).digest("hex");
	try {
		await equip(page, url);
		await open(page, byKey(sshd));
		cutter.cutAfter(2 * MiB, 20);
		const moved = await page.evaluate(
			async ({ dir, size }) => {
				const { sftp, make, hash, collect } = window.t;
				const source = make(size, 3);
				const [, down] = await Promise.all([
					sftp.put(new Blob([source]), `${dir}/up`),
					collect(sftp.read(`${dir}/down`)),
				]);
				return { up: await hash(source), down: await hash(down) };
			},
			{ dir, size },
		);
		expect(moved).toEqual({ up: sum(readFileSync(join(dir, "up"))), down: sum(bytes) });
		expect(cutter.cuts).toBe(20);
	} finally {
		cutter.stop();
	}
});

test("a gateway that was restarted has forgotten the session, and says so at once", async ({ page, sshd }) => {
	const port = await freePort();
	const args = ["serve", ...LOOPBACK, "--listen", `127.0.0.1:${port}`];
	let gateway = await startWasmiko(args);
	try {
		const app = await new App(page).open(gateway.url);
		const terminal = await app.session(sshd);
		await terminal.run("echo $((40+2))");
		await terminal.shows(/^42$/m);
		await gateway.child.stop("SIGKILL");
		await expect(page.getByRole("region", interrupted)).toBeVisible({ timeout: 5000 });
		gateway = await startWasmiko(args);
		const bar = page.getByRole("region", { name: /^Connection to \S+ lost\.$/ });
		await expect(bar).toContainText("The gateway no longer holds this session.", { timeout: 15_000 });
		await terminal.shows(/^42$/m);
		await screenshot(page, "gone");
		await bar.getByRole("button", { name: "Reconnect" }).click();
		await app.connected();
		await terminal.shows(/^42$[\s\S]*[$#] ?$/m);
	} finally {
		await gateway.child.stop("SIGKILL");
	}
});

test("an element with `reconnect` logs in anew by itself, without a question", async ({ page, sshd }) => {
	const port = await freePort();
	const args = ["serve", ...LOOPBACK, "--listen", `127.0.0.1:${port}`];
	let gateway = await startWasmiko(args);
	try {
		await page.goto(gateway.url);
		await openBare(page, '<ssh-terminal reconnect style="display:block;height:300px"></ssh-terminal>');
		const target = { host: "127.0.0.1", port: sshd.port, username: sshd.passwordUser, password: PASSWORD };
		await page.evaluate(
			// biome-ignore lint/suspicious/noExplicitAny: what the page defines is what was built, not our sources
			(options) => (document.querySelector("ssh-terminal") as any).connect(options),
			{ ...target, hostKey: { pin: sshd.fingerprint() } },
		);
		const terminal = new Terminal(page);
		// One that ends as soon as it begins is not begun again unasked.
		await terminal.run("sleep 5; echo $((40+2))");
		await terminal.shows(/^42$/m);
		await gateway.child.stop("SIGKILL");
		gateway = await startWasmiko(args);
		await terminal.shows(/^42$[\s\S]*[$#] [\s\S]*[$#] ?$/m, 40_000);
		await terminal.run("echo $((50+2))");
		await terminal.shows(/^42$[\s\S]*^52$/m);
		await expect(page.getByRole("dialog")).toBeHidden();
	} finally {
		await gateway.child.stop("SIGKILL");
	}
});

test("a gateway that stands still is noticed while typing, and the session goes on when it does", async ({
	page,
	sshd,
}) => {
	test.slow();
	const gateway = await startWasmiko(["serve", ...LOOPBACK, "--listen", "127.0.0.1:0"]);
	try {
		const app = await new App(page).open(gateway.url);
		const terminal = await app.session(sshd);
		gateway.child.process.kill("SIGSTOP");
		await terminal.run("echo $((40+2))");
		const began = Date.now();
		await expect(page.getByRole("region", interrupted)).toBeVisible({ timeout: 15_000 });
		expect(Date.now() - began).toBeLessThan(12_000);
		gateway.child.process.kill("SIGCONT");
		await terminal.shows(/^42$/m, 30_000);
		await app.connected();
	} finally {
		await gateway.child.stop("SIGKILL");
	}
});

test("a gateway that is about to stop says until when the session goes on", async ({ page, sshd }) => {
	const gateway = await startWasmiko(["serve", ...LOOPBACK, "--listen", "127.0.0.1:0", "--drain", "10m"]);
	try {
		const { cutter, url } = await through(gateway);
		const app = await new App(page).open(url);
		const terminal = await app.session(sshd);
		gateway.child.process.kill("SIGTERM");
		const bar = page.getByRole("region", { name: "The gateway will be restarted." });
		await expect(bar).toContainText(/This session goes on until \d+:\d\d/);
		await screenshot(page, "leaving");
		await page.emulateMedia({ colorScheme: "dark" });
		await page.setViewportSize({ width: 390, height: 700 });
		await screenshot(page, "leaving-narrow-dark");
		await terminal.run("echo $((40+2))");
		await terminal.shows(/^42$/m);
		// An absence has its own bar in this one's place, and leaves it there.
		cutter.down = true;
		cutter.cut();
		await expect(page.getByRole("region", interrupted)).toBeVisible();
		await expect(bar).toBeHidden();
		cutter.down = false;
		await page
			.getByRole("button", { name: "Reconnect now" })
			.click({ timeout: 5000 })
			.catch(() => {});
		await expect(bar).toBeVisible();
		await bar.getByRole("button", { name: "OK" }).click();
		await expect(bar).toBeHidden();
		await terminal.run("exit");
		await app.is(/, Session on \S+ ended$/);
		// With its last session it is gone, long before the ten minutes; the page's farewell comes through the cutter.
		expect(await gateway.child.stop("SIGCONT")).toBe(0);
		cutter.stop();
	} finally {
		await gateway.child.stop("SIGKILL");
	}
});

test("keys that are older than a minute are asked about", async ({ page, sshd }) => {
	const app = await new App(page).open();
	const terminal = await app.session(sshd);
	// The client's news are what the element goes by; here they are made up, to save the minute.
	const news = (up: boolean, awayMs: number) =>
		page.evaluate(
			({ up, awayMs }) => {
				const { client } = document.querySelector("ssh-terminal") as unknown as { client: EventTarget };
				const detail = { up, awayMs, attempt: 9, waitMs: up ? 0 : 9000, holdMs: 900_000 };
				client.dispatchEvent(new CustomEvent("link", { detail }));
			},
			{ up, awayMs },
		);
	for (const answer of ["Discard", "Send"]) {
		await news(false, 80_000);
		const bar = page.getByRole("region", interrupted);
		await expect(bar).toContainText("(attempt 9)");
		await page.keyboard.type(`echo ${answer} $((40+2))`);
		await page.keyboard.press("Enter");
		await expect(bar.locator("kbd")).toContainText("⏎");
		await news(true, 90_000);
		const question = page.getByRole("dialog", { name: "Send what you typed meanwhile?" });
		await expect(question).toContainText(`echo ${answer} $((40+2))⏎`);
		await expect(question).toContainText("after 2 minutes");
		if (answer === "Send") await screenshot(page, "asks");
		await question.getByRole("button", { name: answer }).click();
		await app.connected();
	}
	await terminal.shows(/^Send 42$/m);
	expect(await terminal.text()).not.toContain("Discard 42");
});

test("more keys than can be kept are refused with a word", async ({ page, wasmiko, sshd }) => {
	const { cutter, url } = await through(wasmiko);
	try {
		const app = await new App(page).open(url);
		await app.session(sshd);
		cutter.down = true;
		cutter.cut();
		const bar = page.getByRole("region", interrupted);
		await expect(bar).toBeVisible();
		await page.evaluate(() => {
			const element = document.querySelector("ssh-terminal") as unknown as { terminal: { input(text: string): void } };
			for (let i = 0; i < 5; i++) element.terminal.input("x".repeat(1000));
		});
		await expect(page.getByText("Too many keys are waiting: this one was not kept.")).toBeVisible();
		await expect(bar.locator("kbd")).toContainText("…xxx");
		await bar.getByRole("button", { name: "Discard" }).click();
		await expect(bar.locator("kbd")).toBeHidden();
	} finally {
		cutter.stop();
	}
});

test("no session waits for a page that was closed, left or has parted with it", async ({ context, sshd }) => {
	test.slow();
	const health = await freePort();
	const more = ["--health-listen", `127.0.0.1:${health}`];
	const gateway = await startWasmiko(["serve", ...LOOPBACK, "--listen", "127.0.0.1:0", ...more]);
	const sessions = async () => {
		const text = await (await fetch(`http://127.0.0.1:${health}/metrics`)).text();
		return Number(/^wasmiko_sessions_active (\d+)/m.exec(text)?.[1]);
	};
	// biome-ignore lint/suspicious/noExplicitAny: what the page defines is what was built, not our sources
	const element = () => document.querySelector("ssh-terminal") as any;
	const endings: Record<string, (page: Page) => Promise<unknown>> = {
		"is closed": (page) => page.close(),
		"shows another": (page) => page.goto("about:blank"),
		"has removed the element": (page) => page.evaluate(`(${element})().remove()`),
		"has disconnected": (page) => page.evaluate(`(${element})().disconnect()`),
	};
	try {
		for (const [name, end] of Object.entries(endings)) {
			const page = await context.newPage();
			await page.goto(gateway.url);
			await openBare(page, '<ssh-terminal style="display:block;height:300px"></ssh-terminal>');
			const auth = [{ type: "publickey", key: sshd.read("user") }];
			const target = { host: "127.0.0.1", port: sshd.port, username: sshd.username, auth };
			const options = { ...target, hostKey: { pin: sshd.fingerprint() } };
			await page.evaluate(`(${element})().connect(${JSON.stringify(options)})`);
			expect(await sessions()).toBe(1);
			await end(page);
			await expect.poll(sessions, { message: `of a page that ${name}`, timeout: 5000 }).toBe(0);
			await page.close();
		}
	} finally {
		await gateway.child.stop("SIGKILL");
	}
});

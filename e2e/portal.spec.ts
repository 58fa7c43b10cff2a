/** examples/portal: a portal on an origin of its own, with tickets, by element and by frame. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { FrameLocator, Page } from "@playwright/test";
import { expect, screenshot, test } from "./fixtures.ts";
import { Child } from "./process.ts";
import { Terminal } from "./terminal.ts";

let dir: string;
let portal: Child;
let url: string;

test.beforeAll(async () => {
	test.slow();
	dir = mkdtempSync(join(tmpdir(), "wasmiko-portal-"));
	execFileSync("go", ["build", "-o", join(dir, "portal"), "./examples/portal"], { cwd: ".." });
	portal = new Child(join(dir, "portal"), [
		"--listen",
		"127.0.0.1:0",
		"--wasmiko",
		"../dist/wasmiko",
		"--package",
		"../dist/npm",
	]);
	url = (await portal.until(/open (http:\S+)/))[1] ?? "";
});

test.afterAll(async () => {
	await portal?.stop();
	rmSync(dir, { recursive: true, force: true });
});

async function logIn(page: Page, path: string, onForm = async () => {}): Promise<void> {
	await page.goto(url + path);
	await onForm();
	await page.getByLabel("Name").fill("ada");
	await page.getByLabel("Password").fill("lovelace");
	await page.getByRole("button", { name: "Log in" }).click();
	await expect(page.getByRole("button", { name: "board" })).toBeVisible();
}

/** Keeps pictures of the page, and asks axe about it. */
async function look(page: Page, name: string): Promise<void> {
	for (const [shape, width, colorScheme] of [
		["narrow-dark", 390, "dark"],
		["narrow-light", 390, "light"],
		["wide-dark", 1280, "dark"],
		["wide-light", 1280, "light"],
	] as const) {
		await page.setViewportSize({ width, height: 900 });
		await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
		await screenshot(page, `${name}-${shape}`);
		// What differs by colours and by width is in two of the four.
		if (shape === "narrow-light" || shape === "wide-dark") continue;
		const { violations } = await new AxeBuilder({ page }).analyze();
		expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
	}
}

/** Gives the demo server its password. */
async function unlock(place: Page | FrameLocator): Promise<void> {
	await place.getByRole("textbox", { name: /password/i }).fill("foo");
	const button = place.getByRole("button", { name: "Log in" });
	await expect(async () => {
		if (await button.isVisible()) await button.click({ timeout: 500 });
		await expect(button).toBeHidden({ timeout: 1000 });
	}).toPass();
}

test("through login, terminal, upload, download and logout", async ({ page }) => {
	test.slow();
	// A native dialog has nobody here to answer it: downloads take the way of browsers without one.
	await page.addInitScript(() => Reflect.deleteProperty(window, "showSaveFilePicker"));
	await logIn(page, "/", () => look(page, "portal-login"));
	await page.getByRole("button", { name: "board" }).click();
	// The ticket names host, user and key: only the password is asked for.
	await unlock(page);
	const terminal = new Terminal(page);
	await terminal.shows("Press a key");
	const files = page.locator("ssh-files");
	await expect(files.getByRole("grid")).toBeVisible();
	await files.evaluate((panel: HTMLElement & { open(path: string): Promise<void> }) => panel.open("/upload"));
	const chooser = page.waitForEvent("filechooser");
	await files.getByRole("button", { name: "Upload", exact: true }).click();
	await files.getByRole("menuitem", { name: "Files…" }).click();
	await (await chooser).setFiles({ name: "hello.txt", mimeType: "text/plain", buffer: Buffer.from("from the portal") });
	const row = files.getByRole("row").filter({ hasText: "hello.txt" });
	await expect(row).toBeVisible();
	const download = page.waitForEvent("download");
	await row.click({ button: "right" });
	await files.getByRole("menuitem", { name: "Download" }).click();
	expect(readFileSync(await (await download).path(), "utf8")).toBe("from the portal");
	await look(page, "portal");
	await page.getByRole("button", { name: "Log out" }).click();
	await expect(page.getByLabel("Name")).toBeVisible();
	await expect(page.locator("ssh-terminal")).toHaveCount(0);
	expect(await page.evaluate(async () => (await fetch("/api/tickets", { method: "POST", body: "{}" })).status)).toBe(
		401,
	);
});

test("each connection has a ticket of its own", async ({ page }) => {
	await logIn(page, "/");
	const tickets: string[] = [];
	page.on("response", async (response) => {
		if (response.url().endsWith("/api/tickets")) tickets.push(((await response.json()) as { ticket: string }).ticket);
	});
	await page.getByRole("button", { name: "board" }).click();
	await unlock(page);
	const terminal = new Terminal(page);
	await terminal.shows("Press a key");
	await page.evaluate(() => {
		void (document.querySelector("ssh-terminal") as HTMLElement & { connect(): Promise<unknown> }).connect();
	});
	await expect.poll(() => tickets.length).toBe(2);
	expect(new Set(tickets).size).toBe(2);
});

test("a machine with another key is not connected, and the administrator's pin is named", async ({ page }) => {
	await logIn(page, "/");
	await page.getByRole("button", { name: "swapped" }).click();
	await expect(page.locator("ssh-terminal")).toContainText("Your administrator pinned this server's key");
});

test("a ticket that was used is refused in words", async ({ page }) => {
	await logIn(page, "/");
	const refused = await page.evaluate(async () => {
		const answer = await fetch("/api/tickets", { method: "POST", body: JSON.stringify({ machine: "swapped" }) });
		const { ticket } = (await answer.json()) as { ticket: string };
		const { gateway } = (await (await fetch("/api/machines")).json()) as { gateway: string };
		// biome-ignore lint/suspicious/noExplicitAny: what the page imports is what was built, not our sources
		const lib = (await import(new URL("/wasmiko/index.js", location.href).href)) as any;
		const options = { relay: `${gateway}relay`, host: "ignored", username: "nobody", ticket };
		const attempt = (more: object) =>
			lib
				.connect({ ...options, auth: [{ type: "password", password: "x" }], hostKey: { knownHosts: "" }, ...more })
				.catch(({ code, reason, message }: Record<string, string>) => ({ code, reason, message }));
		return [
			await attempt({}),
			await attempt({}),
			await attempt({ ticket: "no ticket" }),
			await attempt({ ticket: undefined }),
		];
	});
	expect(refused[0].code).toBe("hostkey");
	const reasons = refused.slice(1).map(({ code, reason }: Record<string, string>) => `${code}/${reason}`);
	expect(reasons).toEqual(["relay/ticket-used", "relay/ticket-signature", "relay/ticket-missing"]);
});

test("the same by frame, whose origin is the gateway's", async ({ page }) => {
	await logIn(page, "/framed.html");
	await page.getByRole("button", { name: "board" }).click();
	await unlock(page.frameLocator("iframe"));
	await expect(page.getByRole("status")).toContainText("Connected to robey@");
	await look(page, "portal-framed");
	await page.getByRole("button", { name: "Log out" }).click();
	await expect(page.locator("iframe")).toHaveCount(0);
});

/** Who may use the gateway: by a printed link, a password, or an OpenID provider, and out again. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { expect, LOOPBACK, screenshot, test } from "./fixtures.ts";
import { Provider } from "./oidc.ts";
import { Child } from "./process.ts";
import { noteSecret } from "./secrets.ts";
import { Terminal } from "./terminal.ts";

let dir: string;
let provider: Provider;
let gateway: Child;
let url: string;

test.beforeAll(async () => {
	dir = mkdtempSync(join(tmpdir(), "wasmiko-signin-"));
	const line = execFileSync("../dist/wasmiko", ["passwd", "ann"], { input: "correct horse\n" });
	writeFileSync(join(dir, "users"), line);
	provider = await new Provider().start();
	const ways = ["--passwords", join(dir, "users"), "--link-token", "--sign-in-time", "1h"];
	const oidc = ["--oidc-issuer", provider.url, "--oidc-client-id", "wasmiko", "--oidc-allow", "*@example.org"];
	gateway = new Child("../dist/wasmiko", ["demo", "--listen", "127.0.0.1:0", ...LOOPBACK, ...ways, ...oidc]);
	url = (await gateway.until(/open (http:\S+\/)sign-in#link=/))[1] ?? "";
});

test.afterAll(async () => {
	await gateway?.stop();
	provider?.stop();
	rmSync(dir, { recursive: true, force: true });
});

async function byPassword(page: Page, password = "correct horse"): Promise<void> {
	await page.getByLabel("User name").fill("ann");
	await page.getByLabel("Password").fill(noteSecret(password));
	await page.getByRole("button", { name: "Sign in" }).click();
}

async function signedInAs(page: Page, user: string): Promise<void> {
	await expect(page.locator(".user-plate")).toContainText(user);
}

async function openDemo(page: Page): Promise<void> {
	await page.getByRole("button", { name: "Open the demo" }).click();
	await new Terminal(page).shows("Press a key");
}

test("by password, to a session, and out, which ends it", async ({ page }) => {
	await page.goto(`${url}?host=db1`);
	await expect(page).toHaveURL(/\/sign-in\?next=/);
	await byPassword(page, "wrong");
	await expect(page.getByRole("alert")).toHaveText("User name or password is wrong.");
	for (const [name, width, scheme] of [
		["wide-light", 1280, "light"],
		["narrow-dark", 390, "dark"],
	] as const) {
		await page.setViewportSize({ width, height: 800 });
		await page.emulateMedia({ colorScheme: scheme });
		await screenshot(page, `sign-in-${name}`);
	}
	await page.setViewportSize({ width: 1280, height: 800 });
	await byPassword(page);
	await expect(page.locator("#target")).toHaveValue("db1");
	await signedInAs(page, "ann");
	await openDemo(page);
	await screenshot(page, "signed-in");
	await page.getByRole("button", { name: "Sign out" }).click();
	page.once("dialog", (dialog) => dialog.accept());
	await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
	await expect(page).toHaveURL(/\/sign-in$/);
	await page.goto(url);
	await expect(page.getByLabel("User name")).toBeVisible();
	await expect.poll(() => gateway.output).toContain("its user has signed out");
});

test("with the link that was printed, once", async ({ page, browser }) => {
	const link = (await gateway.until(/open (\S+#link=\S+)/))[1] ?? "";
	await page.goto(link);
	await signedInAs(page, "link");
	expect(page.url()).toBe(url);
	const other = await browser.newContext();
	const late = await other.newPage();
	await late.goto(link);
	await expect(late.getByRole("alert")).toContainText("used before");
	expect(late.url()).not.toContain("#");
	await other.close();
});

test("at an OpenID provider of another site", async ({ page }) => {
	await page.goto(`${url}?host=db2`);
	await page.getByRole("link", { name: "Sign in with localhost" }).click();
	await page.getByRole("link", { name: "I am Ann" }).click();
	await signedInAs(page, "ann@example.org");
	await expect(page.locator("#target")).toHaveValue("db2");
	const cookies = await page.context().cookies();
	expect(cookies.map(({ httpOnly, sameSite }) => ({ httpOnly, sameSite }))).toEqual([
		{ httpOnly: true, sameSite: "Strict" },
	]);
});

test("a sign-in that is over ends no session, and is renewed beside it", async ({ page }) => {
	await page.goto(url);
	await byPassword(page);
	await signedInAs(page, "ann");
	await openDemo(page);
	await page.context().clearCookies();
	await page.getByRole("button", { name: "Wasmiko, home" }).click();
	await page.getByRole("button", { name: "Open the demo" }).click();
	const dialog = page.getByRole("dialog").filter({ hasText: "Sign in again" });
	await expect(dialog).toBeVisible();
	await screenshot(page, "sign-in-again");
	const renewed = page.context().waitForEvent("page");
	await dialog.getByRole("link", { name: "Sign in" }).click();
	const beside = await renewed;
	await byPassword(beside);
	await signedInAs(beside, "ann");
	await page.getByRole("button", { name: "Try again" }).click();
	await expect(page.locator('[data-code="relay/sign-in"]')).toHaveCount(0);
});

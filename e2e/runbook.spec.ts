/** examples/runbook: one command on many machines, without a terminal. */
import type { Page } from "@playwright/test";
import { expect, screenshot, test } from "./fixtures.ts";
import { PASSWORD, type SSHD } from "./sshd.ts";

function line(sshd: SSHD, pin = sshd.fingerprint()): string {
	expect(sshd.passwordUser, "an account with a password takes root").toBeDefined();
	return `${sshd.passwordUser}@127.0.0.1:${sshd.port} ${pin}`;
}

async function fill(page: Page, hosts: readonly string[], command: string, seconds = "30"): Promise<void> {
	await page.goto("examples/runbook/");
	await page.getByLabel("Machines").fill(hosts.join("\n"));
	await page.getByLabel("Command").fill(command);
	await page.getByLabel("Password").fill(PASSWORD);
	await page.getByLabel("At once").fill("3");
	await page.getByLabel("Seconds each").fill(seconds);
	await page.getByRole("button", { name: "Run" }).click();
}

test("ten machines, one of them not whom it claims to be, and a table of exits", async ({ page, sshd }) => {
	const hosts = Array.from({ length: 10 }, (_, i) => line(sshd, i === 4 ? `SHA256:${"A".repeat(43)}` : undefined));
	await fill(page, hosts, "echo out; echo err >&2; exit $((3 * 2))");
	await expect(page.getByRole("status")).toHaveText("10 of 10, 10 failed", { timeout: 30_000 });
	await expect(page.getByText("status 6", { exact: true })).toHaveCount(9);
	await expect(page.locator("tbody pre").filter({ hasText: "out" }).filter({ hasText: "err" })).toHaveCount(9);
	await expect(page.locator("tbody tr").nth(4).locator(".ended")).toContainText(/key/i);
	for (const [name, width, scheme] of [
		["wide-light", 1280, "light"],
		["narrow-dark", 390, "dark"],
	] as const) {
		await page.setViewportSize({ width, height: 800 });
		await page.emulateMedia({ colorScheme: scheme });
		await screenshot(page, `runbook-${name}`);
	}
});

test("output shows as it comes, and what came stays when time is up", async ({ page, sshd }) => {
	await fill(page, [line(sshd)], "echo first words; sleep 60", "4");
	const row = page.locator("tbody tr");
	await expect(row.locator("pre")).toHaveText("first words\n");
	await expect(row).toHaveAttribute("data-state", "running");
	await expect(row.locator(".ended")).toHaveText("time is up; what came is kept");
	await expect(row.locator("pre")).toHaveText("first words\n");
});

test("stopping ends what runs and starts nothing more", async ({ page, sshd }) => {
	await fill(
		page,
		Array.from({ length: 5 }, () => line(sshd)),
		"echo begun; sleep 60",
	);
	await expect(page.locator("tbody tr[data-state=running]")).toHaveCount(3);
	await page.getByRole("button", { name: "Stop" }).click();
	await expect(page.getByRole("alert")).toHaveText("Stopped.");
	await expect(page.getByText("stopped; what came is kept")).toHaveCount(5);
});

test("a line that makes no sense is named, and nothing runs", async ({ page }) => {
	await fill(page, ["root@db1 without a fingerprint"], "true");
	await expect(page.getByRole("alert")).toContainText("root@db1 without a fingerprint");
	await expect(page.locator("table")).toBeHidden();
});

/** Several sessions in one page. */
import { App } from "./app.ts";
import { expect, test } from "./fixtures.ts";

test("two sessions at two servers run side by side, each with its own output", async ({ page, sshd }) => {
	const app = await new App(page).open();
	const terminal = await app.demo();
	await app.button("New session").click();
	await expect(app.field).toBeFocused();
	await app.session(sshd);
	const [demo, host] = [page.getByRole("tab", { name: /^demo/ }), page.getByRole("tab", { name: /^127\.0\.0\.1/ })];
	await expect(demo).toHaveAttribute("aria-selected", "false");
	await expect(demo).toHaveAccessibleName(/Connected to/);

	// What runs in the tab behind goes on while another is looked at.
	await terminal.run("echo on''e; for i in 1 2 3 4 5; do echo tick-$i; sleep 0.1; done; echo two''-done");
	await terminal.shows(/^one$/m);
	await demo.click();
	await terminal.shows("Press a key");
	expect(await terminal.text()).not.toContain("tick");
	await page.keyboard.press("Enter");
	await terminal.shows(/guest ?book/i);
	await host.click();
	await terminal.shows(/^two-done$/m);
	expect(await terminal.text()).toMatch(/^tick-1\ntick-2\ntick-3\ntick-4\ntick-5$/m);
	expect(await terminal.text()).not.toMatch(/press a key/i);
	await terminal.run("echo he''re");
	await terminal.shows(/^here$/m);
});

test("keys open, switch and close tabs, and only what runs is asked about", async ({ page, sshd }) => {
	const app = await new App(page).open();
	await app.session(sshd);
	await page.keyboard.press("Control+Shift+T");
	await expect(app.field).toBeFocused();
	await app.demo();
	const tabs = page.getByRole("tab");
	await expect(tabs).toHaveCount(2);
	await expect(tabs.nth(1)).toHaveAttribute("aria-selected", "true");
	await expect(page).toHaveTitle(/^demo.* – Wasmiko$/);
	for (const [key, at] of [
		["Control+Shift+ArrowLeft", 0],
		["Control+Shift+ArrowRight", 1],
		["Control+Shift+ArrowRight", 0],
		["Alt+Shift+2", 1],
		["Alt+Shift+1", 0],
	] as const) {
		await page.keyboard.press(key);
		await expect(tabs.nth(at), key).toHaveAttribute("aria-selected", "true");
	}
	// The keys went to the page, not to the shell.
	await app.terminal.run("echo cle''an");
	await app.terminal.shows(/\$ echo cle''an\nclean$/m);

	await page.keyboard.press("Alt+Shift+W");
	const question = app.dialog(/^Close the session on /);
	await expect(question).toContainText("Programs that were started without tmux or screen will end.");
	await expect(question.getByRole("button", { name: "Cancel" })).toBeFocused();
	await page.keyboard.press("Enter");
	await expect(tabs).toHaveCount(2);
	await app.connected();
	await page.keyboard.press("Alt+Shift+W");
	await question.getByRole("button", { name: "Close session" }).click();
	await expect(tabs).toHaveCount(1);
	await expect(tabs).toHaveAccessibleName(/^demo/);
	await expect.poll(() => sshd.log).toMatch(/Disconnected from|Connection closed|disconnected by user/);
	await expect.poll(() => page.workers().length, "the Worker of the closed one").toBe(1);
});

test("what has ended is closed without a question", async ({ page, sshd }) => {
	const app = await new App(page).open();
	const terminal = await app.session(sshd);
	await terminal.run("exit");
	await app.is(/ended$/);
	await page.keyboard.press("Alt+Shift+W");
	await expect(page.getByRole("tab")).toHaveCount(0);
	await expect(app.field).toBeFocused();
});

test("tabs are reached and closed by keys alone", async ({ page, sshd }) => {
	const app = await new App(page).open();
	await app.demo();
	await app.button("New session").click();
	await app.session(sshd);
	await app.tab.focus();
	await page.keyboard.press("ArrowLeft");
	await expect(page.getByRole("tab", { name: /^demo/ })).toBeFocused();
	await page.keyboard.press("Enter");
	await expect(app.tab).toHaveAccessibleName(/^demo/);
	await page.getByRole("tab", { name: /^demo/ }).focus();
	await page.keyboard.press("Delete");
	await app
		.dialog(/^Close the session/)
		.getByRole("button", { name: "Close session" })
		.click();
	await expect(page.getByRole("tab")).toHaveCount(1);
	await app.connected();
});

test("the title and the tab say what the program says", async ({ page, sshd }) => {
	const app = await new App(page).open();
	const terminal = await app.session(sshd);
	await terminal.run("printf '\\e]2;building\\a'; read");
	await expect(page).toHaveTitle("127.0.0.1 · building – Wasmiko");
	await expect(app.tab).toContainText("127.0.0.1 · building");
	await app.button("Wasmiko, home").click();
	await expect(page).toHaveTitle("Wasmiko");
});

test("leaving the page with a session in it is asked about by the browser", async ({ page, sshd }) => {
	const app = await new App(page).open();
	await app.session(sshd);
	await page.locator(".xterm-screen").click();
	const asked = page.waitForEvent("dialog");
	const closing = page.close({ runBeforeUnload: true });
	const dialog = await asked;
	expect(dialog.type()).toBe("beforeunload");
	await dialog.dismiss();
	await closing;
	await app.terminal.run("echo sta''yed");
	await app.terminal.shows(/^stayed$/m);
});

test("the theme is chosen once and kept", async ({ page }) => {
	const app = await new App(page).open();
	await page.emulateMedia({ colorScheme: "light" });
	const scheme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
	await app.button("Settings").click();
	await app.dialog("Settings").getByText("Dark", { exact: true }).click();
	await expect.poll(scheme).toBe("dark");
	await page.keyboard.press("Escape");
	await page.reload();
	await expect(app.field).toBeVisible();
	await expect.poll(scheme).toBe("dark");
	await app.button("Settings").click();
	await expect(app.dialog("Settings").getByRole("radio", { name: "Dark" })).toBeChecked();
});

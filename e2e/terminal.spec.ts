/** Working in the terminal: real OpenSSH, real bash, real programs. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { App } from "./app.ts";
import { test as base, expect } from "./fixtures.ts";
import type { Terminal } from "./terminal.ts";

/** A session of the account with a clean home. */
const test = base.extend<{ app: App; terminal: Terminal; home: string }>({
	app: async ({ page }, use) => use(new App(page)),
	terminal: async ({ app, sshd }, use) => use(await app.session(sshd)),
	home: async ({ sshd }, use) => use(join(sshd.dir, sshd.passwordUser ? "home" : ".")),
});

test("what is typed arrives, and what the program says is shown", async ({ terminal }) => {
	await terminal.run("echo $((6*7)) from $0");
	await terminal.shows(/^42 from -bash$/m);
});

test("every key that a shell knows arrives", async ({ terminal, page }) => {
	await page.keyboard.type("echo abX");
	for (const key of ["Backspace", "Home", "Delete", "Delete", "Delete", "Delete"]) await page.keyboard.press(key);
	await page.keyboard.type("printf '%s.'");
	await page.keyboard.press("End");
	await page.keyboard.type("c 'd' ~user | od -An -tx1");
	await page.keyboard.press("Control+A");
	await page.keyboard.press("Control+E");
	await page.keyboard.press("Enter");
	await terminal.shows(/61 62 63 2e 64 2e 7e 75 73 65 72 2e/);
	await terminal.run("od -An -tx1");
	await terminal.run("\u00e9\u20ac\u{1f600}");
	await page.keyboard.press("Control+D");
	await terminal.shows(/c3 a9 e2 82 ac f0 9f 98 80 0a/);
});

test("a letter beyond ASCII is one sign at the shell's own prompt, too", async ({ terminal, page }) => {
	await page.keyboard.type("echo '<\u00e9\u20ac");
	await page.keyboard.press("Backspace");
	await page.keyboard.type(">' $LANG");
	await terminal.shows("echo '<\u00e9>'");
	await page.keyboard.press("Enter");
	await terminal.shows(/^<\u00e9> C\.UTF-8$/m);
});

test("the program's terminal follows the size of the window", async ({ terminal, page }) => {
	const before = await terminal.size();
	await terminal.run("stty size");
	await terminal.shows(new RegExp(`^${before.rows} ${before.cols}$`, "m"));
	for (const size of [
		{ width: 900, height: 500 },
		{ width: 1400, height: 700 },
	]) {
		await page.setViewportSize(size);
		await expect(async () => {
			const { rows, cols } = await terminal.size();
			await terminal.run("clear; stty size");
			await terminal.shows(new RegExp(`^${rows} ${cols}$`, "m"), 1000);
			expect({ rows, cols }).not.toEqual(before);
		}).toPass();
	}
});

test.describe("signs beyond ASCII", () => {
	test("a character that was split across packets is one character", async ({ terminal }) => {
		await terminal.run("printf 'a\\xe2'; sleep 0.2; printf '\\x82'; sleep 0.2; printf '\\xacz\\n'");
		await terminal.shows(/^a€z$/m);
	});

	test("wide letters take two cells, and emoji of several code points are one sign", async ({ terminal }) => {
		// 日本, then a family of four joined to one sign, then a flag, then e with a combining accent.
		const text = "w:\u65e5\u672c|\u{1f469}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}|\u{1f1e9}\u{1f1ea}|e\u0301|";
		const escaped = [...new TextEncoder().encode(text)].map((b) => `\\x${b.toString(16)}`).join("");
		await terminal.run(`clear; printf '${escaped}\\n'`);
		await terminal.shows(/^w:日本/m);
		const cells = await terminal.cells("w:日");
		const shown = cells.map(({ chars, width }) => [chars, width]).slice(2);
		expect(shown).toEqual([
			...[
				["日", 2],
				["", 0],
				["本", 2],
				["", 0],
				["|", 1],
			],
			...[
				["\u{1f469}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}", 2],
				["", 0],
				["|", 1],
			],
			...[
				["\u{1f1e9}\u{1f1ea}", 2],
				["", 0],
				["|", 1],
			],
			...[
				["e\u0301", 1],
				["|", 1],
			],
		]);
	});

	test("bytes that are no UTF-8 do not disturb what follows", async ({ terminal }) => {
		await terminal.run("clear; printf 'x\\xff\\xc3\\x28\\xed\\xa0\\x80y\\n'; echo af''ter");
		await terminal.shows(/^after$/m);
		expect(await terminal.screen()).toMatch(/^x.*\(.*y$/m);
	});
});

test.describe("pasting", () => {
	test("ten thousand lines arrive complete and in order", async ({ terminal, app, home }) => {
		await terminal.run("stty -echo; cat > pasted.txt; stty echo; echo re''ceived");
		await expect.poll(() => exists(join(home, "pasted.txt"))).toBe(true);
		const text = Array.from({ length: 10_000 }, (_, i) => `line ${i} of a long paste, \u00e9\u20ac\n`).join("");
		await terminal.paste(text);
		const question = app.dialog("Paste 10,000 lines?");
		await expect(question).toContainText("It has more than one line");
		await question.getByRole("button", { name: "Paste", exact: true }).click();
		await expect.poll(() => readFileSync(join(home, "pasted.txt")).length).toBe(Buffer.byteLength(text));
		expect(readFileSync(join(home, "pasted.txt"), "utf8") === text, "the same text").toBe(true);
		await terminal.page.keyboard.press("Control+D");
		await terminal.shows(/^received$/m);
	});

	test("several lines are shown first where they would run, and can be joined or declined", async ({
		terminal,
		app,
	}) => {
		await terminal.run("cat");
		await terminal.takesPastesAsTyped();
		await terminal.paste("one\ntwo\n");
		const question = app.dialog("Paste 2 lines?");
		await expect(question.getByLabel("What will be pasted")).toContainText("one");
		await question.getByRole("button", { name: "Cancel" }).click();
		await terminal.paste("three\nfour\n");
		await question.getByRole("button", { name: "Paste as one line" }).click();
		await terminal.page.keyboard.press("Enter");
		await terminal.shows(/^three four\nthree four$/m);
		expect(await terminal.text()).not.toMatch(/^one$/m);
	});

	test("at a prompt that knows pastes from typing nothing is asked, and nothing runs", async ({ terminal, page }) => {
		await terminal.paste("echo fir''st\necho sec''ond\n");
		await terminal.shows("sec''ond");
		await expect(page.getByRole("dialog")).toHaveCount(0);
		expect(await terminal.text()).not.toMatch(/^first$/m);
		await page.keyboard.press("Enter");
		await terminal.shows(/^first$[\s\S]*^second$/m);
	});

	test("what would act on the terminal is shown and left out", async ({ terminal, app }) => {
		await terminal.paste("echo a\u001b[201~\u200bb");
		const question = app.dialog("Paste this?");
		await expect(question).toContainText("It has control characters");
		await question.getByRole("button", { name: "Paste without them" }).click();
		await terminal.page.keyboard.press("Enter");
		await terminal.shows(/^a\[201~b$/m);
	});

	test("the keys of the clipboard paste", async ({ terminal, page, context }) => {
		await context.grantPermissions(["clipboard-read", "clipboard-write"]);
		await page.evaluate(() => navigator.clipboard.writeText("echo pas''ted"));
		await page.keyboard.press("Shift+Insert");
		await terminal.shows("pas''ted");
		await page.keyboard.press("Enter");
		await terminal.shows(/^pasted$/m);
	});
});

test.describe("full-screen programs", () => {
	test("vim edits and saves a file", async ({ terminal, page, home }) => {
		await terminal.run("vim -u NONE note.txt");
		await terminal.shows(/^~ *$/m);
		expect(await terminal.buffer()).toBe("alternate");
		await page.keyboard.type("iHello from a browser");
		await page.keyboard.press("Escape");
		await page.keyboard.type("yyp0cwGoodbye");
		await page.keyboard.press("Escape");
		await page.keyboard.press("ArrowUp");
		await page.keyboard.type("A,");
		await page.keyboard.press("Escape");
		await terminal.run(":wq");
		await expect.poll(() => terminal.buffer()).toBe("normal");
		expect(readFileSync(join(home, "note.txt"), "utf8")).toBe("Hello from a browser,\nGoodbye from a browser\n");
	});

	test("htop draws, takes the mouse, and quits", async ({ terminal, page }) => {
		await terminal.run("htop");
		await terminal.shows(/F10\s*Quit/);
		await terminal.shows(/Load average/);
		// The last of its function keys stands in the bottom row.
		const rows = (await terminal.screen()).split("\n");
		await clickCell(terminal, (rows.at(-1) ?? "").indexOf("Quit") + 1, rows.length - 1);
		await expect.poll(() => terminal.buffer()).toBe("normal");
		await expect(page.getByRole("tab")).toHaveCount(1);
	});

	test("tmux draws, splits and quits", async ({ terminal, page }) => {
		await terminal.run(`tmux -u -f /dev/null -L wasmiko-${Date.now()} new-session \\; set -g assume-paste-time 0`);
		await terminal.shows(/^\[0\] 0:bash\*/m);
		await page.keyboard.press("Control+B");
		await page.keyboard.type("%");
		await terminal.shows(/│/);
		await terminal.run("echo $((20+3)) $TMUX_PANE");
		await terminal.shows(/│23 %1/);
		await page.keyboard.press("Control+B");
		await page.keyboard.type(":");
		await terminal.shows(/^:/m);
		await terminal.run("kill-server");
		await expect.poll(() => terminal.buffer()).toBe("normal");
	});
});

test.describe("floods", () => {
	test("50 MB come to their end, and the page answers all the while", async ({ terminal, page }) => {
		test.slow();
		await page.evaluate(() => {
			const w = window as unknown as { gap: number };
			w.gap = 0;
			let last = performance.now();
			setInterval(() => {
				const now = performance.now();
				w.gap = Math.max(w.gap, now - last);
				last = now;
			}, 10);
		});
		await terminal.run("head -c 50000000 /dev/zero | tr '\\0' x | fold -w 79; echo; echo the e''nd");
		await terminal.shows(/^the end$/m, 150_000);
		const lines = (await terminal.text()).split("\n");
		const end = lines.indexOf("the end");
		// 50,000,000 = 632,911 · 79 + 31: the last line is that short, and nothing before it is torn.
		expect(lines[end - 1]).toBe("x".repeat(31));
		const before = lines.slice(end - 5000, end - 1);
		expect(before.filter((line) => line !== "x".repeat(79))).toEqual([]);
		const gap = await page.evaluate(() => (window as unknown as { gap: number }).gap);
		expect(gap, "longest time in ms without an answer").toBeLessThan(3000);
	});

	test("Ctrl-C stops an endless one at once, and the shell goes on", async ({ terminal, page }) => {
		await terminal.run("yes");
		await terminal.shows(/^y$[\s\S]*^y$/m);
		await page.keyboard.press("Control+C");
		await terminal.shows(/\^C[\s\S]*[$#] ?$/);
		await terminal.run("echo $((6*7))");
		await terminal.shows(/^42$/m);
	});
});

test("find counts, steps and closes back into the terminal", async ({ terminal, page }) => {
	await terminal.run("seq 1 3000");
	await terminal.shows(/^3000\n/m);
	await page.keyboard.press("Control+Shift+F");
	const bar = page.getByRole("search");
	const field = bar.getByLabel("Find in the terminal");
	await expect(field).toBeFocused();
	await page.keyboard.type("123");
	// 123, 1123, 1230 to 1239, 2123.
	const count = bar.getByRole("status");
	await expect(count).toHaveText(/^\d+ of 13$/);
	const first = await count.textContent();
	await page.keyboard.press("Enter");
	await expect(count).not.toHaveText(first ?? "");
	await page.keyboard.press("Shift+Enter");
	await expect(count).toHaveText(first ?? "");
	await bar.getByRole("button", { name: "Regular expression" }).click();
	await field.fill("^12.4$");
	await expect(count).toHaveText(/^\d+ of 10$/);
	await field.fill("no such text");
	await expect(count).toHaveText("None");
	await page.keyboard.press("Escape");
	await expect(bar).toBeHidden();
	await terminal.run("clear; echo fo''cus");
	await terminal.shows(/^focus$/m);
});

test("the scrollback holds what went by, and typing comes back to the end", async ({ terminal, page }) => {
	await terminal.run("seq 1 500");
	await terminal.shows(/^500\n/m);
	await page.keyboard.press("Shift+PageUp");
	await page.keyboard.press("Shift+PageUp");
	const text = await terminal.text();
	expect(text).toMatch(/^1\n2\n3\n/m);
	await terminal.run("echo ba''ck");
	await terminal.shows(/^back$/m);
});

test("a selection is copied", async ({ terminal, page, context }) => {
	await context.grantPermissions(["clipboard-read", "clipboard-write"]);
	await terminal.run("clear; echo select-''this-word and more");
	await terminal.shows(/^select-this-word/m);
	const row = await rowOf(terminal, "select-this-word");
	const from = await cell(terminal, 0, row);
	const to = await cell(terminal, 15, row);
	await page.mouse.move(from.x - from.width / 2 + 1, from.y);
	await page.mouse.down();
	await page.mouse.move(to.x + to.width / 2 - 1, to.y, { steps: 4 });
	await page.mouse.up();
	await page.keyboard.press("Control+Shift+C");
	await expect(page.getByRole("status").filter({ hasText: "Copied" })).toBeVisible();
	expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("select-this-word");
});

test.describe("links", () => {
	test("follow Ctrl+click alone, into a page that cannot reach back", async ({ terminal, page, context }) => {
		const server = await hello();
		await terminal.run(`clear; echo ${server.url}pa''th?q=1`);
		await terminal.shows(/^http.*path\?q=1$/m);
		const row = await rowOf(terminal, server.url);
		await hoverCell(terminal, 3, row);
		await expect(page.getByText(`${server.url}path?q=1  (Ctrl+click opens it)`)).toBeVisible();
		await clickCell(terminal, 3, row);
		const opened = context.waitForEvent("page");
		await clickCell(terminal, 3, row, "Control");
		const popup = await opened;
		await expect(popup).toHaveURL(`${server.url}path?q=1`);
		expect(await popup.evaluate(() => [window.opener, document.referrer])).toEqual([null, ""]);
		expect(context.pages()).toHaveLength(2);
		expect(server.paths).toContain("/path?q=1");
		server.close();
	});

	test("of a program's own (OSC 8) show where they lead, not what they say", async ({ terminal, page, context }) => {
		const server = await hello();
		const osc = (url: string, text: string) => `\\e]8;;${url}\\e\\\\${text}\\e]8;;\\e\\\\`;
		await terminal.run(`clear; printf '${osc(`${server.url}real`, "https://bank.example/")}\\n'`);
		await terminal.shows(/^https:..bank.example.$/m);
		const row = await rowOf(terminal, "https://bank");
		await hoverCell(terminal, 3, row);
		await expect(page.getByText(`${server.url}real`)).toBeVisible();
		const opened = context.waitForEvent("page");
		await clickCell(terminal, 3, row, "Control");
		await expect(await opened).toHaveURL(`${server.url}real`);
		server.close();
	});

	test("with a script in place of an address do nothing", async ({ terminal, page, context }) => {
		await terminal.run("clear; printf '\\e]8;;javascript:document.title=1\\e\\\\click-''me\\e]8;;\\e\\\\\\n'");
		await terminal.shows(/^click-me$/m);
		const row = await rowOf(terminal, "click-me");
		await hoverCell(terminal, 3, row);
		await clickCell(terminal, 3, row, "Control");
		await terminal.run("echo af''ter");
		await terminal.shows(/^after$/m);
		expect(context.pages()).toHaveLength(1);
		await expect(page).toHaveTitle(/Wasmiko$/);
	});
});

test("a title with markup in it stays text", async ({ terminal, app, page }) => {
	await terminal.run("printf '\\e]2;<img src=x onerror=alert(1)>\\xe2\\x80\\xaeabc\\a'");
	await expect(page).toHaveTitle(/<img src=x onerror=alert\(1\)>abc/);
	await expect(app.tab).toContainText("<img src=x onerror=alert(1)>");
	await expect(app.tab.getByRole("img")).toHaveCount(0);
});

test.describe("the clipboard belongs to the person", () => {
	test("a program writes to it only when it was allowed, and never reads it", async ({
		terminal,
		app,
		page,
		context,
	}) => {
		await context.grantPermissions(["clipboard-read", "clipboard-write"]);
		await page.evaluate(() => navigator.clipboard.writeText("mine"));
		await terminal.run("printf '\\e]52;c;c3RvbGVu\\a\\e]52;c;?\\a'; echo do''ne");
		await terminal.shows(/^done\n/m);
		expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("mine");
		expect(await terminal.text()).not.toContain("bWluZQ");

		await page.keyboard.press("Control+Shift+Y");
		const info = app.dialog(/127\.0\.0\.1/);
		await info.getByLabel("Programs on this host may put text on my clipboard").check();
		await info.getByRole("button", { name: "Close" }).click();
		await page.locator(".xterm-screen").click();
		await terminal.run("printf '\\e]52;c;YWxsb3dlZA==\\a'");
		await expect(page.getByText("The server put text on your clipboard.")).toBeVisible();
		expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("allowed");
	});
});

test("the end of a session tells its exit status, and the text stays", async ({ terminal, app, page }) => {
	await terminal.run("echo last wo''rds; exit 3");
	const bar = page.getByRole("region", { name: "Session ended." });
	await expect(bar).toContainText("Exit status 3.");
	await app.is(/, Session on \S+ ended$/);
	await terminal.shows(/^last words$/m);
	await bar.getByRole("button", { name: "Close" }).click();
	await expect(app.field).toBeVisible();
	await expect(page.getByRole("tab")).toHaveCount(0);
});

test("a session that a signal ended says so", async ({ terminal, page }) => {
	await terminal.run("kill -KILL $$");
	await expect(page.getByRole("region", { name: "Session ended." })).toContainText("It was stopped by signal KILL.");
});

test("what is known of the connection can be looked at", async ({ terminal, app, page, sshd }) => {
	await terminal.run("true");
	await app.button("About this connection").click();
	const info = app.dialog(/127\.0\.0\.1/);
	await expect(info).toContainText("SSH-2.0-OpenSSH");
	await expect(info).toContainText(sshd.fingerprint());
	await expect(info).toContainText("chacha20-poly1305@openssh.com");
	await page.keyboard.press("Escape");
	await expect(info).toBeHidden();
});

test("the size of the letters changes by keys, the program's window with it, and is remembered", async ({
	terminal,
	page,
	app,
}) => {
	const before = await terminal.size();
	await page.keyboard.press("Control+=");
	await expect.poll(async () => (await terminal.size()).cols).toBeLessThan(before.cols);
	const { rows, cols } = await terminal.size();
	await terminal.run("stty size");
	await terminal.shows(new RegExp(`^${rows} ${cols}$`, "m"));
	const stored = app.dialog("Settings").getByLabel("Font size");
	await expect(async () => {
		await app.button("Settings").click();
		const value = await stored.inputValue();
		await page.keyboard.press("Escape");
		expect(value).toBe("15");
	}).toPass();
	// Faster than what is stored can follow: none of the steps may be lost.
	await page.locator(".xterm-screen").click();
	for (let press = 0; press < 4; press++) await page.keyboard.press("Control+=");
	await page.keyboard.press("Control+-");
	await expect(page.locator("ssh-terminal")).toHaveAttribute("font-size", "18");
	await app.button("Settings").click();
	await expect(stored).toHaveValue("18");
	await page.keyboard.press("Escape");
	await expect(page.locator("ssh-terminal")).toHaveAttribute("font-size", "18");
	await expect.poll(() => storedSettings(page)).toMatchObject({ fontSize: 18 });
	await page.reload();
	await app.button("Settings").click();
	await expect(stored).toHaveValue("18");
});

/** What the page has stored of its settings. */
function storedSettings(page: Page): Promise<unknown> {
	return page.evaluate(
		() =>
			new Promise((resolve, reject) => {
				const opening = indexedDB.open("wasmiko");
				opening.onerror = () => reject(opening.error);
				opening.onsuccess = () => {
					const reading = opening.result.transaction("records").objectStore("records").get("settings");
					reading.onerror = () => reject(reading.error);
					reading.onsuccess = () => {
						opening.result.close();
						resolve(reading.result);
					};
				};
			}),
	);
}

test("the keyboard gets out of the terminal", async ({ terminal, page }) => {
	const input = page.getByRole("textbox", { name: /^Terminal input/ });
	await expect(input).toBeFocused();
	await page.keyboard.press("Tab");
	await expect(input).toBeFocused();
	await page.keyboard.press("Control+Shift+M");
	await expect(page.getByText("Tab moves the focus now.")).toBeVisible();
	await page.keyboard.press("Tab");
	await expect(input).not.toBeFocused();
	await page.keyboard.press("Shift+Tab");
	await expect(input).toBeFocused();
	await page.keyboard.press("Control+Shift+M");
	await page.keyboard.press("Tab");
	await expect(input).toBeFocused();
	await terminal.run("");
});

interface Box {
	readonly x: number;
	readonly y: number;
	readonly width: number;
}

/** The middle of a cell on the page. */
async function cell(terminal: Terminal, column: number, row: number): Promise<Box> {
	const { cols, rows } = await terminal.size();
	const box = await screenOf(terminal.page).boundingBox();
	if (box === null) throw new Error("no screen");
	const width = box.width / cols;
	const height = box.height / rows;
	return { x: box.x + (column + 0.5) * width, y: box.y + (row + 0.5) * height, width };
}

async function hoverCell(terminal: Terminal, column: number, row: number): Promise<void> {
	const { x, y } = await cell(terminal, column, row);
	await terminal.page.mouse.move(x + 20, y);
	await terminal.page.mouse.move(x, y, { steps: 3 });
}

async function clickCell(terminal: Terminal, column: number, row: number, key?: "Control"): Promise<void> {
	const { x, y } = await cell(terminal, column, row);
	if (key) await terminal.page.keyboard.down(key);
	await terminal.page.mouse.click(x, y);
	if (key) await terminal.page.keyboard.up(key);
}

/** xterm.js draws into a canvas, which has no role: its screen is found by class. */
function screenOf(page: Page): Locator {
	return page.locator(".xterm-screen");
}

/** The row in sight that begins with a text. */
async function rowOf(terminal: Terminal, start: string): Promise<number> {
	const row = (await terminal.screen()).split("\n").findIndex((line) => line.startsWith(start));
	if (row < 0) throw new Error(`no row begins with ${start}`);
	return row;
}

function exists(path: string): boolean {
	try {
		readFileSync(path);
		return true;
	} catch {
		return false;
	}
}

/** A web server for links to lead to. */
async function hello(): Promise<{ url: string; paths: string[]; close(): void }> {
	const paths: string[] = [];
	const server = createServer((request, response) => {
		paths.push(request.url ?? "");
		response.end("hello");
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}/`,
		paths,
		close: () => {
			server.close();
			server.closeAllConnections();
		},
	};
}

/** The files of a server: real OpenSSH on a real disk, and the demo's. */
import { randomBytes } from "node:crypto";
import {
	chmodSync,
	chownSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	rmSync,
	statSync,
	symlinkSync,
	truncateSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { bytesOf, Files, own, partSize, put, sha, test } from "./files.ts";
import { expect, screenshot } from "./fixtures.ts";
import { look, SHAPES } from "./look.ts";

test("a folder is listed with what ls tells, and walked by mouse and keyboard", async ({ files, page }) => {
	mkdirSync(join(files.dir, "inner"));
	put(files, "inner/deep.txt", "x");
	put(files, "a10.txt", "x".repeat(1234));
	put(files, "a9.txt", "");
	put(files, ".hidden", "");
	symlinkSync("inner", join(files.dir, "link"));
	chmodSync(join(files.dir, "a10.txt"), 0o640);
	utimesSync(join(files.dir, "a10.txt"), 1_000_000_000, 1_000_000_000);
	await files.button("Refresh (F5)").click();
	await expect.poll(() => files.names()).toEqual(["inner", "a9.txt", "a10.txt", "link → inner"]);
	const cells = files.row("a10.txt").getByRole("gridcell");
	await expect(cells.nth(1)).toHaveText("1.2 kB");
	await expect(cells.nth(2)).toHaveText(/2001/);
	await expect(cells.nth(3)).toHaveText("rw-r-----");

	await files.grid.focus();
	await page.keyboard.press("Home");
	await page.keyboard.press("Enter");
	await expect.poll(() => files.names()).toEqual(["deep.txt"]);
	await page.keyboard.press("Backspace");
	await expect(files.row("inner")).toHaveAttribute("aria-selected", "true");
	await files.row(/^link/).dblclick();
	await expect.poll(() => files.names()).toEqual(["deep.txt"]);
	await files.button("Up one folder (Backspace)").click();

	await files.button("More").click();
	await page.getByRole("menuitemcheckbox", { name: "Hidden files" }).click();
	await expect(files.row(".hidden")).toBeVisible();
	await files.grid.focus();
	await page.keyboard.type("a1");
	await expect(files.row("a10.txt")).toHaveAttribute("aria-selected", "true");
	await page.keyboard.press("Control+a");
	await expect(page.locator("ssh-files .status")).toContainText("5 selected");
	await page.keyboard.press("Escape");
	await files.row("a9.txt").click();
	await files.row("link → inner").click({ modifiers: ["Shift"] });
	await expect(page.locator("ssh-files .status")).toContainText("3 selected");
});

test("a path is typed, with folders offered", async ({ files, page }) => {
	for (const name of ["alpha", "beta", "alps"]) mkdirSync(join(files.dir, name));
	await files.button("Type a path").click();
	const field = page.getByRole("combobox", { name: "Path" });
	await field.fill(`${files.dir}/al`);
	await expect(page.getByRole("option")).toHaveText(["alpha", "alps"]);
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("Enter");
	await expect(page.locator("ssh-files .crumb[aria-current]")).toHaveText("alps");
	await expect(page.getByRole("heading", { name: "This folder is empty" })).toBeVisible();
	await files.go("/no/such/folder");
	await expect(page.getByRole("heading", { name: "folder cannot be shown" })).toBeVisible();
	await expect(page.getByText("there is no such file or folder")).toBeVisible();
});

test("an upload arrives byte for byte, with its time, and leaves no part", async ({ files }) => {
	const big = randomBytes(5_000_000);
	await files.upload([
		{ name: "big.bin", mimeType: "", buffer: big },
		{ name: "empty", mimeType: "", buffer: Buffer.alloc(0) },
		{ name: "grüße 世界.txt", mimeType: "", buffer: Buffer.from("hi") },
	]);
	await expect(files.transfers).toContainText("Done · 3 files");
	await expect.poll(() => files.names()).toEqual(["big.bin", "empty", "grüße 世界.txt"]);
	expect(sha(files.read("big.bin"))).toBe(sha(big));
	expect(files.read("empty")).toHaveLength(0);
	expect(readdirSync(files.dir).sort()).toEqual(["big.bin", "empty", "grüße 世界.txt"]);
	await files.button("Clear finished").click();
	await expect(files.transfers).toBeHidden();
});

test("a folder is uploaded with its tree", async ({ files }) => {
	const local = mkdtempSync(join(tmpdir(), "wasmiko-up-"));
	try {
		const want: Record<string, string> = {};
		for (let i = 0; i < 150; i++) {
			const name = `sub${i % 3}/file${i}.txt`;
			mkdirSync(join(local, "tree", `sub${i % 3}`), { recursive: true });
			writeFileSync(join(local, "tree", name), `content ${i}`);
			want[name] = `content ${i}`;
		}
		await files.uploadFolder(join(local, "tree"));
		await expect(files.transfers).toContainText("Done · 150 files", { timeout: 40_000 });
		for (const [name, text] of Object.entries(want)) expect(files.read(`tree/${name}`).toString()).toBe(text);
	} finally {
		rmSync(local, { recursive: true });
	}
});

test("files are dropped anywhere on the panel, and pasted", async ({ files, page }) => {
	const transfer = (name: string, text: string) =>
		page.evaluateHandle(
			([name, text]) => {
				const data = new DataTransfer();
				data.items.add(new File([text], name));
				return data;
			},
			[name, text] as const,
		);
	const dropped = await transfer("dropped.txt", "by mouse");
	const panel = page.locator("ssh-files .root");
	await panel.dispatchEvent("dragenter", { dataTransfer: dropped });
	await expect(page.getByText(`Upload to ${files.dir}`)).toBeVisible();
	await panel.dispatchEvent("drop", { dataTransfer: dropped });
	await expect(files.row("dropped.txt")).toBeVisible();
	await page.evaluate(() => {
		const clipboardData = new DataTransfer();
		clipboardData.items.add(new File(["by keys"], "pasted.txt"));
		const grid = document.querySelector("ssh-files")?.shadowRoot?.querySelector(".grid");
		grid?.dispatchEvent(
			new ClipboardEvent("paste", { clipboardData, bubbles: true, composed: true, cancelable: true }),
		);
	});
	await expect(files.row("pasted.txt")).toBeVisible();
	expect(files.read("dropped.txt").toString()).toBe("by mouse");
	expect(files.read("pasted.txt").toString()).toBe("by keys");
});

test("a download arrives byte for byte", async ({ files }) => {
	const data = randomBytes(3_000_001);
	put(files, "data.bin", data);
	put(files, "empty", "");
	await files.button("Refresh (F5)").click();
	expect(sha(await files.download("data.bin"))).toBe(sha(data));
	expect(await files.download("empty")).toHaveLength(0);
	await expect(files.transfers.getByText("Done")).toHaveCount(2);
});

test("several files and folders come as one archive, whatever they are called", async ({ files, page }) => {
	mkdirSync(join(files.dir, "d/empty"), { recursive: true });
	put(files, "d/..\\..\\evil", "1");
	put(files, "d/a:b", "2");
	put(files, "d/A:B", "3");
	symlinkSync("/etc/passwd", join(files.dir, "d/passwd"));
	put(files, "loose.txt", "4");
	await files.button("Refresh (F5)").click();
	await files.listed();
	await files.grid.focus();
	await page.keyboard.press("Control+a");
	const arrived = page.waitForEvent("download");
	await files.button("Download").click();
	const data = await bytesOf(await arrived);
	const text = data.toString("latin1");
	for (const name of ["d/empty/", "d/.._.._evil", "d/a_b (2)", "loose.txt"]) expect(text).toContain(name);
	for (const bad of ["..\\", "passwd", "a:b"]) expect(text).not.toContain(bad);
	expect(data.subarray(0, 4).toString("latin1")).toBe("PK\x03\x04");
});

test("a taken name is a question, and every answer does what it says", async ({ files, page }) => {
	const send = (text: string, names = ["a.txt"]) =>
		files.upload(names.map((name) => ({ name, mimeType: "", buffer: Buffer.from(text) })));
	put(files, "a.txt", "old");
	await files.button("Refresh (F5)").click();
	const question = files.dialog(/^a\.txt already exists/);

	await send("replaced");
	await expect(question).toContainText("3 B");
	await screenshot(page, "files-conflict");
	await question.getByRole("button", { name: "OK" }).click();
	await expect.poll(() => files.read("a.txt").toString()).toBe("replaced");

	await send("both");
	await question.getByLabel("Keep both").check();
	await question.getByRole("button", { name: "OK" }).click();
	await expect(files.row("a (2).txt")).toBeVisible();
	expect(files.read("a (2).txt").toString()).toBe("both");

	// The part of an upload that broke off holds the first half.
	put(files, "a.txt.part", "the fir");
	await send("the first and the rest");
	await question.getByLabel(/^Go on with the part/).check();
	await question.getByRole("button", { name: "OK" }).click();
	await expect.poll(() => files.read("a.txt").toString()).toBe("the first and the rest");
	expect(existsSync(join(files.dir, "a.txt.part"))).toBe(false);
	await send("replaced");
	await question.getByRole("button", { name: "OK" }).click();
	await expect.poll(() => files.read("a.txt").toString()).toBe("replaced");

	await send("skipped");
	await question.getByLabel("Skip this file").check();
	await question.getByRole("button", { name: "OK" }).click();
	await expect(files.transfers.getByText("Cancelled", { exact: true })).toBeVisible();

	await send("cancelled");
	await expect(question).toBeVisible();
	await page.keyboard.press("Escape");
	await expect(question).toBeHidden();
	expect(files.read("a.txt").toString()).toBe("replaced");

	for (const name of ["b.txt", "c.txt", "d.txt"]) put(files, name, "old");
	await send("all", ["b.txt", "c.txt", "d.txt", "e.txt"]);
	await files
		.dialog(/already exists/)
		.getByLabel(/same for every other/)
		.check();
	await files
		.dialog(/already exists/)
		.getByRole("button", { name: "OK" })
		.click();
	await expect
		.poll(() =>
			["b.txt", "c.txt", "d.txt", "e.txt"].map((n) => existsSync(join(files.dir, n)) && String(files.read(n))),
		)
		.toEqual(["all", "all", "all", "all"]);
	expect(readdirSync(files.dir).filter((name) => name.endsWith(".part"))).toEqual([]);
});

test("a cancelled upload leaves neither half a file nor its part, and the old one whole", async ({ files, page }) => {
	put(files, "big.bin", "old and whole");
	const local = mkdtempSync(join(tmpdir(), "wasmiko-big-"));
	try {
		const path = join(local, "big.bin");
		writeFileSync(path, "");
		truncateSync(path, 2 ** 31);
		await files.upload(path);
		await files
			.dialog(/already exists/)
			.getByRole("button", { name: "OK" })
			.click();
		await expect.poll(() => existsSync(join(files.dir, "big.bin.part"))).toBe(true);
		await files.button("Pause big.bin").click();
		await expect(files.transfers).toContainText("Paused");
		const paused = statSync(join(files.dir, "big.bin.part")).size;
		await files.button("Go on with big.bin").click();
		await expect.poll(() => statSync(join(files.dir, "big.bin.part")).size).toBeGreaterThan(paused);
		await screenshot(page, "files-transfer");

		await page.keyboard.press("Alt+Shift+W");
		await expect(page.getByRole("dialog", { name: /^Close the session/ })).toContainText("A transfer is running.");
		await page.getByRole("button", { name: "Cancel", exact: true }).click();

		await files.button("Cancel big.bin").click();
		await expect(files.transfers).toContainText("Cancelled");
		await expect.poll(() => readdirSync(files.dir)).toEqual(["big.bin"]);
		expect(files.read("big.bin").toString()).toBe("old and whole");
	} finally {
		rmSync(local, { recursive: true });
	}
});

test("an upload that the server refuses says why, and can be tried again", async ({ files, page }) => {
	test.slow();
	mkdirSync(join(files.dir, "locked"));
	own(join(files.dir, "locked"));
	chmodSync(join(files.dir, "locked"), 0o555);
	await files.go(join(files.dir, "locked"));
	await files.upload([{ name: "a.txt", mimeType: "", buffer: Buffer.from("x") }]);
	await expect(files.transfers).toContainText("permission denied");
	chmodSync(join(files.dir, "locked"), 0o755);
	await files.button("Try again a.txt").click();
	await expect(files.row("a.txt")).toBeVisible();
	await expect(page.locator(".why:not(:empty)")).toHaveCount(0);
});

test("folders are made; names change in place; the keyboard is enough", async ({ files, page }) => {
	await files.button("New folder").click();
	const question = files.dialog("New folder");
	await question.getByLabel("Name").fill("a/b");
	await page.keyboard.press("Enter");
	await expect(question).toContainText("A name has no slash");
	await question.getByLabel("Name").fill("made");
	await page.keyboard.press("Enter");
	await expect(files.row("made")).toHaveAttribute("aria-selected", "true");
	expect(statSync(join(files.dir, "made")).isDirectory()).toBe(true);

	await expect(files.grid).toBeFocused();
	await page.keyboard.press("F2");
	const name = page.getByRole("textbox", { name: "New name of made" });
	await expect(name).toBeFocused();
	await name.fill("neu é");
	await page.keyboard.press("Enter");
	await expect(files.row("neu é")).toHaveAttribute("aria-selected", "true");
	expect(readdirSync(files.dir)).toEqual(["neu é"]);
	await page.keyboard.press("F2");
	await page.keyboard.press("Escape");
	put(files, "taken", "");
	await page.keyboard.press("F2");
	await page.getByRole("textbox", { name: /^New name/ }).fill("taken");
	await page.keyboard.press("Enter");
	await expect(page.getByRole("alert")).toContainText("Cannot rename");
	await page.getByRole("button", { name: "Dismiss" }).click();
});

test("nothing is deleted without a question that names it", async ({ files, page }) => {
	mkdirSync(join(files.dir, "tree/deep/deeper"), { recursive: true });
	for (let i = 0; i < 30; i++) put(files, `tree/deep/f${i}`, "x");
	put(files, "outside", "stays");
	symlinkSync(join(files.dir, "outside"), join(files.dir, "tree/link"));
	for (let i = 0; i < 6; i++) put(files, `x${i}`, "");
	for (const name of ["tree", "tree/deep", "tree/deep/deeper"]) own(join(files.dir, name));
	await files.button("Refresh (F5)").click();
	await files.row("tree").click();
	for (let i = 0; i < 6; i++) await files.row(`x${i}`).click({ modifiers: ["Control"] });
	await page.keyboard.press("Delete");
	const question = files.dialog("Delete 7 items?");
	await expect(question.getByRole("listitem")).toHaveText(["tree/", "x0", "x1", "x2", "x3"]);
	await expect(question).toContainText("and 2 more");
	await expect(question.getByRole("button", { name: "Cancel" })).toBeFocused();
	await page.keyboard.press("Enter");
	await expect(question).toBeHidden();
	expect(readdirSync(files.dir)).toHaveLength(8);
	await page.keyboard.press("Delete");
	await question.getByRole("button", { name: "Delete" }).click();
	await expect.poll(() => readdirSync(files.dir)).toEqual(["outside"]);
	await expect.poll(() => files.names()).toEqual(["outside"]);
});

test("permissions are changed by boxes and by octal digits", async ({ files, page }) => {
	put(files, "script.sh", "#!/bin/sh\n");
	chmodSync(join(files.dir, "script.sh"), 0o644);
	await files.button("Refresh (F5)").click();
	await files.menu("script.sh", "Permissions…");
	const question = files.dialog("Permissions of script.sh");
	await expect(question.getByLabel("In octal")).toHaveValue("644");
	await question.getByLabel("Owner: run").check();
	await expect(question.getByLabel("In octal")).toHaveValue("744");
	await question.getByLabel("In octal").fill("4750");
	await expect(question.getByLabel("Others: read")).not.toBeChecked();
	await expect(question).toContainText("rwsr-x---");
	await page.keyboard.press("Enter");
	await expect.poll(() => (statSync(join(files.dir, "script.sh")).mode & 0o7777).toString(8)).toBe("4750");
	await expect(files.row("script.sh")).toContainText("rwsr-x---");
});

test("permissions of a tree change as far down as it goes", async ({ files, page }) => {
	mkdirSync(join(files.dir, "tree/in"), { recursive: true });
	for (const name of ["tree", "tree/in"]) own(join(files.dir, name));
	put(files, "tree/in/text", "");
	put(files, "tree/in/tool", "");
	put(files, "outside", "");
	chmodSync(join(files.dir, "outside"), 0o644);
	chmodSync(join(files.dir, "tree/in/tool"), 0o700);
	symlinkSync(join(files.dir, "outside"), join(files.dir, "tree/in/link"));
	await files.button("Refresh (F5)").click();
	await files.menu("tree", "Permissions…");
	const question = files.dialog("Permissions of tree");
	await question.getByLabel("In octal").fill("750");
	await question.getByLabel(/^Also all that is in it/).check();
	await screenshot(page, "files-chmod");
	await question.getByRole("button", { name: "Apply" }).click();
	const modes = () =>
		["tree", "tree/in", "tree/in/text", "tree/in/tool", "outside"].map((name) =>
			(statSync(join(files.dir, name)).mode & 0o777).toString(8),
		);
	await expect.poll(modes).toEqual(["750", "750", "640", "750", "644"]);
});

test("checksums are compared when the switch is on, and the switch is remembered", async ({
	files,
	page,
	app,
	sshd,
}) => {
	await files.button("More").click();
	await page.getByRole("menuitemcheckbox", { name: "Verify with SHA-256" }).click();
	await files.upload([
		{ name: "a", mimeType: "", buffer: randomBytes(300_000) },
		{ name: "b", mimeType: "", buffer: Buffer.alloc(0) },
	]);
	await expect(files.transfers).toContainText("Done, SHA-256 equal");
	await files.button("Files of 2 items").click();
	await expect(files.transfers.getByRole("list", { name: "Files of 2 items" }).getByRole("listitem")).toHaveText([
		/^a\s*Done, SHA-256 equal/,
		/^b\s*Done, SHA-256 equal/,
	]);
	await screenshot(page, "files-details");
	await page.goto("about:blank");
	await app.session(sshd);
	await files.open();
	await files.button("More").click();
	await expect(page.getByRole("menuitemcheckbox", { name: "Verify with SHA-256" })).toBeChecked();
});

test("what a download leaves out is told, with the reason", async ({ files }) => {
	mkdirSync(join(files.dir, "tree"));
	put(files, "tree/file", "x");
	symlinkSync("/etc/passwd", join(files.dir, "tree/link"));
	await files.button("Refresh (F5)").click();
	await files.download("tree", "Download as .zip");
	await expect(files.transfers).toContainText("Done, 1 left out");
	await files.button("Files of tree.zip").click();
	await expect(files.transfers.locator(".transfer-files li").first()).toHaveText(
		/^tree\/link\s*Left out: it is a link/,
	);
});

test("the files stand beside the terminal or below it, as was chosen last", async ({ files, page, app, sshd }) => {
	const boxes = async () => {
		const [terminal, panel] = await Promise.all(
			["ssh-terminal", "ssh-files"].map((name) => page.locator(name).boundingBox()),
		);
		if (!terminal || !panel) throw new Error("not shown");
		return panel.y >= terminal.y + terminal.height - 1 ? "below" : panel.x > terminal.x ? "right" : "?";
	};
	expect(await boxes()).toBe("right");
	await files.button("More").click();
	await page.getByRole("menuitemcheckbox", { name: "Below the terminal" }).click();
	await expect.poll(boxes).toBe("below");
	const line = page.getByRole("separator", { name: "Size of the files" });
	const before = (await page.locator("ssh-files").boundingBox())?.height ?? 0;
	await line.focus();
	await page.keyboard.press("ArrowUp");
	await expect.poll(async () => (await page.locator("ssh-files").boundingBox())?.height).toBeGreaterThan(before);
	await screenshot(page, "files-below");
	await page.goto("about:blank");
	await app.session(sshd);
	await files.open();
	await expect.poll(boxes).toBe("below");
});

test("a text is edited and saved as it was but for the edit: mode, line ends, mark", async ({ files, page }) => {
	put(files, "win.ini", "\ufeffa=1\r\nb=2\r\n");
	chmodSync(join(files.dir, "win.ini"), 0o600);
	symlinkSync("win.ini", join(files.dir, "link.ini"));
	await files.button("Refresh (F5)").click();
	await files.row(/^link\.ini/).dblclick();
	const area = page.getByRole("textbox", { name: "Text of link.ini" });
	await expect(area).toHaveValue("a=1\nb=2\n");
	await area.press("Control+End");
	await area.pressSequentially("c=3\n");
	await page.keyboard.press("Control+s");
	await expect(page.getByText("Saved.")).toBeVisible();
	expect(files.read("win.ini").toString()).toBe("\ufeffa=1\r\nb=2\r\nc=3\r\n");
	expect(statSync(join(files.dir, "win.ini")).mode & 0o777).toBe(0o600);
	expect(readdirSync(files.dir).sort()).toEqual(["link.ini", "win.ini"]);
	await page.keyboard.press("Escape");
	await expect(files.grid).toBeFocused();
});

test("a file that changed on the server meanwhile is not overwritten unasked", async ({ files, page }) => {
	put(files, "notes.txt", "first\n");
	await files.button("Refresh (F5)").click();
	await files.row("notes.txt").dblclick();
	const area = page.getByRole("textbox", { name: "Text of notes.txt" });
	await area.fill("mine\n");
	put(files, "notes.txt", "theirs, longer\n");
	await page.keyboard.press("Control+s");
	const question = files.dialog("notes.txt has changed on the server");
	await question.getByRole("button", { name: "Keep editing" }).click();
	expect(files.read("notes.txt").toString()).toBe("theirs, longer\n");
	await page.keyboard.press("Control+s");
	await question.getByRole("button", { name: "Save as a copy" }).click();
	await expect(page.getByText("Saved.")).toBeVisible();
	expect(files.read("notes.txt").toString()).toBe("theirs, longer\n");
	expect(files.read("notes (mine).txt").toString()).toBe("mine\n");

	await area.fill("lost?");
	await page.keyboard.press("Escape");
	const leave = files.dialog("Close notes.txt without saving?");
	await leave.getByRole("button", { name: "Keep editing" }).click();
	await expect(area).toHaveValue("lost?");
	await page.keyboard.press("Escape");
	await leave.getByRole("button", { name: "Discard changes" }).click();
	await expect(files.grid).toBeFocused();
	expect(files.read("notes (mine).txt").toString()).toBe("mine\n");
});

test("what is no text is not edited, and SVG is never drawn", async ({ files, page }) => {
	put(files, "latin1.txt", Buffer.from([0x61, 0xe4]));
	put(
		files,
		"evil.svg",
		"<svg xmlns='http://www.w3.org/2000/svg' onload='document.title=\"owned\"'><script>1</script></svg>",
	);
	await files.button("Refresh (F5)").click();
	await files.row("latin1.txt").dblclick();
	await expect(page.getByText("It is not in UTF-8")).toBeVisible();
	await expect(page.getByRole("textbox", { name: /^Text of/ })).not.toBeEditable();
	await page.keyboard.press("Escape");
	await files.row("evil.svg").dblclick();
	await expect(page.getByRole("textbox", { name: "Text of evil.svg" })).toHaveValue(/^<svg/);
	await expect(page.locator("ssh-files").getByRole("img")).toHaveCount(0);
	await expect(page).not.toHaveTitle(/owned/);
});

test("hostile names are shown escaped and handled by their bytes", async ({ files, page }) => {
	const names = [
		Buffer.from("esc\x1b[2J"),
		Buffer.from("bidi\u202egpj.exe"),
		Buffer.from([0x6e, 0x6f, 0xff, 0xfe]),
		Buffer.from("<img src=x onerror=alert(1)>"),
		Buffer.from("line\nend"),
	];
	for (const name of names) {
		const path = Buffer.concat([Buffer.from(`${files.dir}/`), name]);
		writeFileSync(path, "x");
		chownSync(path, statSync(files.dir).uid, statSync(files.dir).gid);
	}
	await files.button("Refresh (F5)").click();
	await expect(files.grid.locator(".rows .row")).toHaveCount(5);
	const all = (await files.names()).join("|");
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
	expect(all).not.toMatch(/[\x00-\x1f\u202e]/);
	expect(all).toContain("\\u{202e}");
	expect(all).toContain("\\xff\\xfe");
	expect(all).toContain("<img src=x onerror=alert(1)>");

	// Renamed and deleted by bytes that no string holds.
	await files.row(/^no/).click();
	await page.keyboard.press("F2");
	await page.getByRole("textbox", { name: /^New name/ }).fill("yes");
	await page.keyboard.press("Enter");
	await expect(files.row("yes")).toBeVisible();
	expect(readdirSync(files.dir)).toContain("yes");
	await files.row(/^esc/).click();
	await page.keyboard.press("Control+a");
	await page.keyboard.press("Delete");
	await files.dialog("Delete 5 items?").getByRole("button", { name: "Delete" }).click();
	await expect.poll(() => readdirSync(files.dir)).toEqual([]);
});

test("the panel follows the terminal's folder when it is asked to", async ({ files, page }) => {
	mkdirSync(join(files.dir, "a b"));
	own(join(files.dir, "a b"));
	put(files, "a b/here.txt", "");
	const terminal = page.locator(".xterm-screen");
	await terminal.click();
	await page.keyboard.type(`cd '${files.dir}/a b'; printf '\\e]7;file://h%s\\a' "$(pwd | sed 's/ /%20/g')"\n`);
	await files.button("Follow the terminal's folder").click();
	await expect(files.row("here.txt")).toBeVisible();
	await terminal.click();
	await page.keyboard.type("cd ..; printf '\\e]7;file://h%s\\a' \"$PWD\"\n");
	await expect(files.row("a b")).toBeVisible();
});

test("a lost connection keeps the transfer, which goes on with the next", async ({ files, app, page, sshd }) => {
	const local = mkdtempSync(join(tmpdir(), "wasmiko-lost-"));
	try {
		const path = join(local, "movie.bin");
		const data = randomBytes(60_000_000);
		writeFileSync(path, data);
		await files.upload(path);
		await expect.poll(() => partSize(files, "movie.bin.part")).toBeGreaterThan(1_000_000);
		sshd.killSessions();
		await expect(files.transfers).toContainText("Waiting for the connection");
		await page.getByRole("button", { name: "Reconnect" }).click();
		await app.connected();
		await expect(files.transfers).toContainText("Done", { timeout: 30_000 });
		expect(sha(files.read("movie.bin"))).toBe(sha(data));
		expect(readdirSync(files.dir)).toEqual(["movie.bin"]);
	} finally {
		rmSync(local, { recursive: true });
	}
});

test("an upload that a closed page broke off is offered again, and goes on from its part", async ({
	files,
	app,
	page,
	sshd,
}) => {
	test.slow();
	const local = mkdtempSync(join(tmpdir(), "wasmiko-again-"));
	try {
		const [path, other] = [join(local, "movie.bin"), join(local, "other", "movie.bin")];
		const data = randomBytes(60_000_000);
		writeFileSync(path, data);
		mkdirSync(join(local, "other"));
		writeFileSync(other, "another film");
		await files.upload(path);
		await expect.poll(() => partSize(files, "movie.bin.part")).toBeGreaterThan(8_000_000);
		await files.button("Pause movie.bin").click();
		await expect(files.transfers).toContainText("Paused");
		await expect.poll(() => leftovers(page)).toBe(1);
		const part = statSync(join(files.dir, "movie.bin.part"));
		await page.goto("about:blank");
		await app.session(sshd);
		await files.open();
		await expect(files.transfers).toContainText("Interrupted · 1 file, 60.0 MB");
		await screenshot(page, "files-interrupted");

		const again = files.button("Go on with the upload of movie.bin");
		const choose = async (chosen: string) => {
			const chooser = page.waitForEvent("filechooser");
			await again.click();
			await (await chooser).setFiles(chosen);
		};
		await choose(other);
		await expect(page.getByRole("alert")).toContainText("“movie.bin” is not the one of then. That was 60.0 MB");
		expect(statSync(join(files.dir, "movie.bin.part")).size).toBe(part.size);
		await choose(path);
		await expect(files.transfers).toContainText("Done", { timeout: 40_000 });
		const done = statSync(join(files.dir, "movie.bin"));
		expect(done.ino, "the part itself became the file").toBe(part.ino);
		expect(sha(files.read("movie.bin"))).toBe(sha(data));
		await expect(again).toBeHidden();
		await expect.poll(() => leftovers(page)).toBe(0);
	} finally {
		rmSync(local, { recursive: true });
	}
});

/** How many uploads are written down as not over. */
function leftovers(page: Page): Promise<number> {
	return page.evaluate(
		() =>
			new Promise<number>((resolve, reject) => {
				const opening = indexedDB.open("wasmiko-transfers");
				opening.onerror = () => reject(opening.error);
				opening.onsuccess = () => {
					const database = opening.result;
					const counting = database.transaction("uploads").objectStore("uploads").count();
					counting.onsuccess = () => {
						database.close();
						resolve(counting.result);
					};
				};
			}),
	);
}

test("ten thousand entries scroll and sort", async ({ app, page }) => {
	await app.demo();
	const files = await new Files(page, "/many").open();
	await expect(page.locator("ssh-files .status")).toContainText("10,000 items");
	await expect(files.grid).toHaveAttribute("aria-rowcount", "10001");
	expect(await files.grid.locator(".rows .row").count()).toBeLessThan(80);
	await files.grid.focus();
	await page.keyboard.press("End");
	await expect(files.row("file-10000.txt")).toBeVisible();
	await expect(files.row("file-10000.txt")).toHaveAttribute("aria-rowindex", "10001");
	await files.grid.getByRole("button", { name: "Name" }).click();
	await expect(files.grid.getByRole("columnheader", { name: "Name" })).toHaveAttribute("aria-sort", "descending");
	await page.locator("ssh-files .grid").evaluate((grid) => grid.scrollTo(0, 0));
	await expect.poll(async () => (await files.names())[0]).toBe("file-10000.txt");
	await page.locator("ssh-files .grid").evaluate((grid) => grid.scrollTo(0, 140_000));
	await expect.poll(async () => (await files.names()).some((name) => name.startsWith("file-05"))).toBe(true);
});

test("a picture is looked at", async ({ app, page }) => {
	await app.demo();
	const files = await new Files(page, "/pictures").open();
	await files.row("sunset.png").dblclick();
	await expect(page.getByRole("img", { name: "Picture sunset.png" })).toBeVisible();
	await expect(page.getByText("320 × 200")).toBeVisible();
	await screenshot(page, "files-picture");
});

for (const [shape, viewport] of SHAPES)
	test(`every state of the panel is accessible: ${shape}`, async ({ app, page }) => {
		test.slow();
		await page.emulateMedia({ reducedMotion: "reduce" });
		await page.setViewportSize(viewport);
		await app.demo();
		const files = await new Files(page, "/").open();
		const check = (name: string) => look(page, `files-${shape}-${name}`, "ssh-files");
		await files.row("README.txt").click();
		await check("list");
		await files.row("README.txt").click({ button: "right" });
		await check("menu");
		await page.getByRole("menuitem", { name: "Permissions…" }).click();
		await check("permissions");
		await page.keyboard.press("Escape");
		await page.keyboard.press("Delete");
		await check("delete");
		await page.keyboard.press("Escape");
		await page.keyboard.press("F2");
		await check("rename");
		await page.keyboard.press("Escape");
		await page.keyboard.press("Enter");
		await expect(page.getByRole("textbox", { name: "Text of README.txt" })).toBeVisible();
		await check("text");
		await page.keyboard.press("Escape");
		await files.upload([{ name: "refused.txt", mimeType: "", buffer: Buffer.from("x") }]);
		await expect(files.transfers).toContainText("permission denied");
		await check("transfer");
	});

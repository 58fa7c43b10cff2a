/** The words of the elements: all from one catalogue, which a page can replace. */
import type { Locator, Page } from "@playwright/test";
import { openBare } from "./bare.ts";
import { expect, screenshot, test } from "./fixtures.ts";
import { Terminal } from "./terminal.ts";

// biome-ignore lint/suspicious/noExplicitAny: what the page defines is what was built, not our sources
type Any = any;

const open = (page: Page): Promise<void> =>
	openBare(page, '<ssh-terminal files style="display:block;height:700px"></ssh-terminal>');

/** Has every word of the catalogue stand between ⟦ and ⟧. */
function pseudo(page: Page): Promise<void> {
	return page.evaluate(() => {
		const { english, setWords } = (window as Any).elements;
		const mark = (text: string): string => `⟦${text}⟧`;
		const words: Record<string, unknown> = { "error.dial/refused": mark("Refused"), "hint.dial/refused": mark("Why") };
		for (const [key, word] of Object.entries<Any>(english))
			words[key] =
				typeof word === "string"
					? mark(word)
					: Object.fromEntries(Object.entries<Any>(word).map(([form, text]) => [form, mark(text)]));
		setWords(words);
		const terminal = document.querySelector("ssh-terminal") as HTMLElement;
		terminal.replaceWith(terminal.cloneNode());
	});
}

/** What is to be read in the elements and does not come from the catalogue: text, and what is read out. */
function strays(page: Page): Promise<string[]> {
	return page.evaluate(() => {
		/** A text without its marked parts. */
		const outside = (text: string): string => {
			let depth = 0;
			let rest = "";
			for (const sign of text) {
				if (sign === "⟧") depth--;
				if (depth === 0 && sign !== "⟦" && sign !== "⟧") rest += sign;
				if (sign === "⟦") depth++;
			}
			return rest;
		};
		const found = new Set<string>();
		const note = (text: string | null): void => {
			// What is left is data: figures, names, fingerprints.
			const rest = outside(text ?? "").replace(/127\.0\.0\.1|robey|SHA256:…|\S+\.txt|\/\S*|\b(kB|MB|B)\b/g, "");
			if (/\p{L}{2,}/u.test(rest)) found.add(rest.trim());
		};
		const walk = (node: Node): void => {
			if (node instanceof Text) note(node.data);
			if (!(node instanceof Element)) return;
			// The server's words and data: a screen, fingerprints, previews, names of files.
			const data =
				".facts span + span, .xterm, code, pre, kbd, blockquote, svg, style, textarea, .label, .owner, .modified, .mode, .crumb";
			for (const name of ["aria-label", "title", "placeholder", "alt"])
				if (!node.matches(".label, .cell, .viewer-head h2")) note(node.getAttribute(name));
			if (node.matches(data) || node.matches(".viewer-head h2")) return;
			for (const child of node.childNodes) walk(child);
			if (node.shadowRoot) for (const child of node.shadowRoot.childNodes) walk(child);
		};
		for (const element of document.querySelectorAll("ssh-terminal")) walk(element);
		return [...found];
	});
}

/** A button by the place of its words in the catalogue. */
function button(page: Page | Locator, text: string): Locator {
	return page.getByRole("button", { name: `⟦${text}⟧`, exact: true });
}

test("no word is written into the elements: what a page replaces is replaced everywhere", async ({ page, wasmiko }) => {
	await open(page);
	await pseudo(page);
	const seen: string[] = [];
	const look = async (what: string): Promise<void> => {
		for (const stray of await strays(page)) seen.push(`${what}: ${stray}`);
	};
	await page.evaluate((port) => {
		const terminal = document.querySelector("ssh-terminal") as Any;
		void terminal.connect({ host: "127.0.0.1", port, username: "robey" }).catch(() => {});
	}, wasmiko.demoPort);
	await button(page, "Show picture").click();
	await page.getByPlaceholder("SHA256:…").fill("SHA256:no");
	await look("host key");
	await page.getByPlaceholder("SHA256:…").fill("");
	await button(page, "Trust this time").click();
	for (const password of ["wrong", "foo"]) {
		await page.locator("input[type=password]").fill(password);
		await look("password");
		await button(page, "Log in").click();
	}
	const terminal = new Terminal(page);
	await terminal.shows("Press a key");
	await look("session");
	await page.locator("ssh-terminal .screen").click({ position: { x: 40, y: 300 } });
	await terminal.paste("one\ntwo \u001b[31m\nthree\n");
	await expect(button(page, "Paste without them")).toBeVisible();
	await look("paste");
	await button(page, "Cancel").click();
	await page.keyboard.press("Control+Shift+F");
	await page.getByRole("searchbox").fill("Press");
	await expect(page.getByRole("search")).toContainText("1");
	await look("find");
	await page.keyboard.press("Escape");

	await button(page, "Files").click();
	const files = page.locator("ssh-files");
	await expect(files.getByRole("row").nth(1)).toBeVisible();
	await look("files");
	await files.evaluate((panel: Any) => panel.open("/upload"));
	const upload = async (text: string): Promise<void> => {
		const chooser = page.waitForEvent("filechooser");
		await button(files, "Upload").click();
		await look("upload menu");
		await files.getByRole("menuitem").first().click();
		await (await chooser).setFiles({ name: "words.txt", mimeType: "text/plain", buffer: Buffer.from(text) });
	};
	await upload("first");
	const row = files.getByRole("row").filter({ hasText: "words.txt" });
	await expect(row).toBeVisible();
	await upload("second");
	await expect(button(files, "Cancel the upload")).toBeVisible();
	await look("conflict");
	await button(files, "Cancel the upload").click();
	await row.click({ button: "right" });
	await look("entry menu");
	await files.getByRole("menuitem", { name: "⟦Permissions…⟧" }).click();
	await look("permissions");
	await button(files, "Cancel").click();
	await row.dblclick();
	await expect(files.getByRole("textbox", { name: /words\.txt/ })).toHaveValue("first");
	await look("viewer");
	await page.keyboard.press("Escape");
	await button(files, "New folder").click();
	await button(files, "Make it").click();
	await look("new folder");
	await button(files, "Cancel").click();
	await row.click();
	await page.keyboard.press("Delete");
	await look("delete");
	await button(files, "Delete").click();
	await expect(row).toHaveCount(0);
	await look("after");

	await page.evaluate(() => (document.querySelector("ssh-terminal") as Any).disconnect());
	await page.evaluate(() => {
		const terminal = document.querySelector("ssh-terminal") as Any;
		void terminal.connect({ host: "127.0.0.1", port: 9, username: "robey" }).catch(() => {});
	});
	await expect(page.getByRole("alertdialog")).toContainText("⟦Refused⟧");
	await look("failure");
	expect(seen).toEqual([]);
});

test("in German: words, plurals and figures, and what is missing stays English", async ({ page, wasmiko }) => {
	await open(page);
	await page.evaluate(async (port) => {
		const { setLocale, setWords } = (window as Any).elements;
		await setLocale("de-DE");
		setWords({ "hostkey.trust": "Passt" });
		const old = document.querySelector("ssh-terminal") as HTMLElement;
		old.replaceWith(old.cloneNode());
		const terminal = document.querySelector("ssh-terminal") as Any;
		void terminal.connect({ host: "127.0.0.1", port, username: "robey" }).catch(() => {});
	}, wasmiko.demoPort);
	await expect(page.getByRole("dialog", { name: "Erste Verbindung mit 127.0.0.1" })).toBeVisible();
	await screenshot(page, "german");
	await page.getByRole("button", { name: "Passt" }).click();
	await expect(page.getByRole("button", { name: "Anmelden" })).toBeVisible();
});

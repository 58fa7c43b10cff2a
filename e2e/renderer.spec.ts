/** What draws a terminal: by WebGL, or as elements of the document. */
import type { Page } from "@playwright/test";
import { App } from "./app.ts";
import { expect, test } from "./fixtures.ts";

type Screen = HTMLElement & {
	terminal: { cols: number; rows: number; write(text: string, done: () => void): void };
	options: object;
};

/** Puts terminals without a session into the page, and waits until they are drawn as they are to be. */
async function terminals(page: Page, renderer: "webgl" | "dom", count = 1): Promise<void> {
	await page.goto("");
	await page.evaluate(
		async ([renderer, count]) => {
			await import("/lib/element.js" as string);
			document.body.replaceChildren();
			for (let i = 0; i < count; i++) {
				const element = document.createElement("ssh-terminal") as Screen;
				element.style.cssText = "display: block; inline-size: 600px; block-size: 120px";
				element.options = { renderer };
				document.body.append(element);
			}
		},
		[renderer, count] as const,
	);
	if (renderer === "webgl") await expect.poll(() => drawnByWebGL(page)).toBeGreaterThan(0);
}

/** How many terminals are drawn by WebGL. */
function drawnByWebGL(page: Page): Promise<number> {
	return page.evaluate(
		() =>
			[...document.querySelectorAll("ssh-terminal")].filter((element) => {
				const canvases = [...(element.shadowRoot?.querySelectorAll("canvas") ?? [])];
				return canvases.some((canvas) => canvas.getContext("webgl2")?.isContextLost() === false);
			}).length,
	);
}

/** Writes to every terminal. */
async function write(page: Page, text: string): Promise<void> {
	await page.evaluate(async (text) => {
		for (const { terminal } of document.querySelectorAll<Screen>("ssh-terminal"))
			await new Promise<void>((resolve) => terminal.write(text, resolve));
	}, text);
}

/** Where the last sign of each of the first rows ends in the picture, in pixels from the left; 0: the row is empty. */
async function ends(page: Page, rows: number): Promise<number[]> {
	const picture = (await page.locator("ssh-terminal").first().screenshot()).toString("base64");
	return page.evaluate(
		async ([picture, rows]) => {
			const image = new Image();
			image.src = `data:image/png;base64,${picture}`;
			await image.decode();
			const canvas = new OffscreenCanvas(image.width, image.height);
			const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
			context.drawImage(image, 0, 0);
			const element = document.querySelector("ssh-terminal") as Screen;
			const box = element.shadowRoot?.querySelector(".xterm-screen")?.getBoundingClientRect() as DOMRect;
			const top = box.top - element.getBoundingClientRect().top;
			const height = box.height / element.terminal.rows;
			return Array.from({ length: rows }, (_, row) => {
				const { data, width } = context.getImageData(0, Math.ceil(top + row * height), image.width, Math.floor(height));
				let end = 0;
				for (let at = 0; at < data.length; at += 4) {
					const far = [0, 1, 2].some((c) => Math.abs((data[at + c] ?? 0) - (data[c] ?? 0)) > 60);
					if (far) end = Math.max(end, ((at / 4) % width) + 1);
				}
				return end;
			});
		},
		[picture, rows] as const,
	);
}

for (const renderer of ["webgl", "dom"] as const)
	test(`${renderer} gives wide letters and joined signs the cells that they take`, async ({ page }) => {
		await terminals(page, renderer);
		// Nine cells before each bar: letters; three wide ones, a family joined to one sign, e with an accent.
		const signs = "\u65e5\u672c\u8a9e\u{1f469}\u200d\u{1f469}\u200d\u{1f467}e\u0301";
		await write(page, `\x1b[?25labcdefghi|\r\n${signs}|`);
		await expect(async () => {
			const [letters = 0, wide = 0] = await ends(page, 2);
			expect(letters).toBeGreaterThan(50);
			expect(wide).toBe(letters);
		}).toPass();
	});

test("a WebGL context that is lost costs no letter, and is asked for again when the terminal is next shown", async ({
	page,
	sshd,
}) => {
	const app = await new App(page).open();
	await app.button("Settings").click();
	await app.dialog("Settings").getByText("WebGL", { exact: true }).click();
	await page.keyboard.press("Escape");
	const terminal = await app.session(sshd);
	await expect.poll(() => drawnByWebGL(page)).toBe(1);
	await terminal.run("clear; echo be''fore");
	await terminal.shows(/^before$/m);

	await page.evaluate(() => {
		for (const canvas of document.querySelector("ssh-terminal")?.shadowRoot?.querySelectorAll("canvas") ?? [])
			canvas.getContext("webgl2")?.getExtension("WEBGL_lose_context")?.loseContext();
	});
	// The document has it now, whole, and takes what comes.
	const rows = page.locator("ssh-terminal .xterm-rows");
	await expect(rows).toContainText("before");
	await terminal.run("echo af''ter; stty size");
	await expect(rows).toContainText("after");
	const { rows: high, cols: wide } = await terminal.size();
	await terminal.shows(new RegExp(`^${high} ${wide}$`, "m"));
	expect(await drawnByWebGL(page)).toBe(0);

	await app.button("New session").click();
	await page.getByRole("tab").click();
	await expect.poll(() => drawnByWebGL(page)).toBe(1);
	await terminal.run("clear; echo ag''ain");
	await terminal.shows(/^again$/m);
});

test("what draws is changed while a session runs", async ({ page }) => {
	const app = new App(page);
	await app.demo();
	const draws = async (name: string) => {
		await app.button("Settings").click();
		await app.dialog("Settings").getByText(name, { exact: true }).click();
		await page.keyboard.press("Escape");
	};
	const rows = page.locator("ssh-terminal .xterm-rows");
	// Where software would do WebGL, the document is faster.
	await expect(rows).toContainText("Press a key");
	await draws("WebGL");
	await expect.poll(() => drawnByWebGL(page)).toBe(1);
	await draws("The document");
	await expect(rows).toContainText("Press a key");
	expect(await drawnByWebGL(page)).toBe(0);
});

test("a page of many terminals takes no more contexts than browsers give", async ({ page }) => {
	// All of them are seen: xterm.js draws no other.
	await page.setViewportSize({ width: 700, height: 2600 });
	await terminals(page, "webgl", 20);
	await expect.poll(() => drawnByWebGL(page)).toBe(8);
	// The rest, whichever they are, are drawn all the same.
	const rest = page.locator("ssh-terminal .xterm-rows");
	await expect(rest).toHaveCount(12);
	await write(page, "here");
	await expect(rest).toContainText(Array(12).fill("here"));
	expect(await drawnByWebGL(page)).toBe(8);
});

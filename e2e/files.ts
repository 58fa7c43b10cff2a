import { createHash } from "node:crypto";
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Download, Locator, Page } from "@playwright/test";
import { App } from "./app.ts";
import { test as base, expect } from "./fixtures.ts";

/** The panel as a person sees it. */
export class Files {
	readonly page: Page;
	/** The folder on the server's disk. */
	readonly dir: string;

	constructor(page: Page, dir: string) {
		this.page = page;
		this.dir = dir;
	}

	get grid(): Locator {
		return this.page.getByRole("grid", { name: "Files" });
	}

	get transfers(): Locator {
		return this.page.getByRole("region", { name: "Transfers" });
	}

	row(name: string | RegExp): Locator {
		return this.grid.getByRole("row").filter({ has: this.page.locator(".label", { hasText: exactly(name) }) });
	}

	button(name: string): Locator {
		return this.page.getByRole("button", { name, exact: true });
	}

	dialog(name: string | RegExp): Locator {
		return this.page.getByRole("dialog", { name }).or(this.page.getByRole("alertdialog", { name }));
	}

	async names(): Promise<string[]> {
		return this.grid.locator(".rows .label").allTextContents();
	}

	/** Opens the panel, in the folder of this test. */
	async open(): Promise<this> {
		await this.page.keyboard.press("Control+Shift+L");
		await expect(this.grid).toBeFocused();
		await this.listed();
		await this.go(this.dir);
		return this;
	}

	/** Waits until the folder is read to its end. */
	async listed(options: { readonly timeout?: number } = {}): Promise<void> {
		await expect(this.page.locator("ssh-files .main")).toHaveAttribute("data-state", "ready", options);
	}

	async go(path: string): Promise<void> {
		await this.button("Type a path").click();
		await this.page.getByRole("combobox", { name: "Path" }).fill(path);
		await this.page.keyboard.press("Enter");
		await expect(this.page.locator("ssh-files .crumb[aria-current]")).toHaveText(path.split("/").at(-1) || "/");
	}

	async menu(name: string, item: string): Promise<void> {
		await this.row(name).click({ button: "right" });
		await this.page.getByRole("menuitem", { name: item }).click();
	}

	/** Chooses files to upload as the file dialog would. */
	async upload(files: Parameters<Locator["setInputFiles"]>[0]): Promise<void> {
		const chooser = this.page.waitForEvent("filechooser");
		await this.button("Upload").click();
		await this.page.getByRole("menuitem", { name: "Files…" }).click();
		await (await chooser).setFiles(files as string);
	}

	/** Chooses a folder to upload as the file dialog would. */
	async uploadFolder(path: string): Promise<void> {
		const chooser = this.page.waitForEvent("filechooser");
		await this.button("Upload").click();
		await this.page.getByRole("menuitem", { name: "A folder…" }).click();
		await (await chooser).setFiles(path);
	}

	/** Starts a download and waits for it to arrive. */
	async download(name: string, item = "Download"): Promise<Buffer> {
		const arrived = this.page.waitForEvent("download");
		await this.menu(name, item);
		return bytesOf(await arrived);
	}

	read(name: string): Buffer {
		return readFileSync(join(this.dir, name));
	}
}

/** Has the panel open in an empty folder of a real server. */
export const test = base.extend<{ app: App; files: Files }>({
	app: async ({ page }, use) => {
		// A native dialog has nobody here to answer it: downloads take the way of browsers without one.
		await page.addInitScript(() => {
			Reflect.deleteProperty(window, "showSaveFilePicker");
			Reflect.deleteProperty(window, "showDirectoryPicker");
		});
		await use(new App(page));
	},
	files: async ({ app, page, sshd }, use) => {
		const home = join(sshd.dir, sshd.passwordUser ? "home" : ".");
		const dir = mkdtempSync(join(home, "files-"));
		own(dir);
		await app.session(sshd);
		await use(await new Files(page, dir).open());
		rmSync(dir, { recursive: true, force: true });
	},
});

function exactly(name: string | RegExp): RegExp {
	return typeof name === "string" ? new RegExp(`^${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`) : name;
}

/** Gives what the test made to the account that the session has. */
export function own(path: string): void {
	if (process.getuid?.() !== 0) return;
	const { uid, gid } = statSync(join(path, ".."));
	chownSync(path, uid, gid);
}

/** Writes a file into the panel's folder, as the session's account would. */
export function put(files: Files, name: string, data: string | Buffer): void {
	const path = join(files.dir, name);
	writeFileSync(path, data);
	own(path);
}

/** How much of a file is there: 0 if it is not. */
export function partSize(files: Files, name: string): number {
	const path = join(files.dir, name);
	return existsSync(path) ? statSync(path).size : 0;
}

/** SHA-256 in hex. */
export function sha(data: Uint8Array): string {
	return createHash("sha256").update(data).digest("hex");
}

/** What a download brought. */
export async function bytesOf(download: Download): Promise<Buffer> {
	return readFileSync(await download.path());
}

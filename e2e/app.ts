import { expect, type Locator, type Page } from "@playwright/test";
import { noteSecret } from "./secrets.ts";
import type { SSHD } from "./sshd.ts";
import { Terminal } from "./terminal.ts";

/** The application page as a person sees it: by roles, labels and words. */
export class App {
	readonly page: Page;
	readonly terminal: Terminal;

	constructor(page: Page) {
		this.page = page;
		this.terminal = new Terminal(page);
	}

	/** Opens the page and waits for the form. */
	async open(path = ""): Promise<this> {
		await this.page.goto(path);
		await expect(this.field).toBeVisible();
		return this;
	}

	get field(): Locator {
		return this.page.getByRole("textbox", { name: /^Server:/ });
	}

	/** The tab in front. Its name tells the session's state. */
	get tab(): Locator {
		return this.page.getByRole("tab", { selected: true });
	}

	button(name: string | RegExp): Locator {
		return this.page.getByRole("button", { name, exact: true });
	}

	dialog(name: string | RegExp): Locator {
		return this.page.getByRole("dialog", { name });
	}

	alert(name: string | RegExp): Locator {
		return this.page.getByRole("alertdialog", { name });
	}

	/** Types a target and presses Enter. */
	async connect(target: string): Promise<void> {
		await this.field.fill(target);
		await this.field.press("Enter");
	}

	/** Answers the question about an unknown host's key. */
	async trust(choice: "Trust and save" | "This time only" = "This time only"): Promise<void> {
		const question = this.dialog(/^First connection to/);
		await question.getByRole("button", { name: choice }).click();
		await expect(question).toBeHidden();
	}

	/** Answers the question for a password. */
	async password(password: string): Promise<void> {
		noteSecret(password);
		const question = this.dialog(/^Password for/);
		await question.getByLabel("Password", { exact: true }).fill(password);
		await question.getByRole("button", { name: "Log in" }).click();
	}

	/** Chooses a key file, as the file dialog would. */
	async chooseKey(path: string): Promise<void> {
		const chooser = this.page.waitForEvent("filechooser");
		await this.button("Key file…").click();
		await (await chooser).setFiles(path);
	}

	/** Waits until the session in front runs. */
	async connected(): Promise<void> {
		await expect(this.tab).toHaveAccessibleName(/, Connected to /);
	}

	/** Waits for the end or failure that a word tells: lost, ended, Could not connect. */
	async is(state: RegExp): Promise<void> {
		await expect(this.tab).toHaveAccessibleName(state);
	}

	/** Opens the page and logs in to sshd with its key, as the account with a clean home if there is one. */
	async session(sshd: SSHD, username = sshd.passwordUser ?? sshd.username): Promise<Terminal> {
		if (this.page.url() === "about:blank") await this.open();
		await this.chooseKey(`${sshd.dir}/user`);
		await this.connect(`${username}@127.0.0.1:${sshd.port}`);
		await this.trust();
		await this.connected();
		await this.terminal.shows(/[$#] ?$/);
		return this.terminal;
	}

	/** Opens the demo with one click and waits for its first words. */
	async demo(): Promise<Terminal> {
		if (this.page.url() === "about:blank") await this.open();
		await this.button("Open the demo").click();
		await this.connected();
		await this.terminal.shows("Press a key");
		return this.terminal;
	}
}

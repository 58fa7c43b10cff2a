/** Every screen, in light and dark, wide and narrow: kept as a picture, and checked for who cannot see it. */
import { type AddressInfo, createServer } from "node:net";
import { App } from "./app.ts";
import { expect, test } from "./fixtures.ts";
import { look, SHAPES } from "./look.ts";
import { SSHD } from "./sshd.ts";

test.describe.configure({ mode: "parallel" });

for (const [shape, viewport] of SHAPES)
	test.describe(shape, () => {
		// Pictures and axe look at what has come to rest.
		test.use({ viewport, contextOptions: { reducedMotion: "reduce" } });
		test("every screen can be seen, and read out", async ({ page, sshd, wasmiko }) => {
			test.slow();
			const tour = new Tour(new App(page), shape);
			await tour.home();
			await tour.questions(sshd, wasmiko.demoPort);
			await tour.session();
			await tour.troubles();
		});
	});

/** Walks through the screens, and looks at each. */
class Tour {
	readonly #app: App;
	readonly #name: string;

	constructor(app: App, name: string) {
		this.#app = app;
		this.#name = name;
	}

	async home(): Promise<void> {
		const app = await this.#app.open();
		await expect(app.button("Open the demo")).toBeVisible();
		await this.#stop("home");
		await app.connect("ssh://root:hunter2@db1.example");
		await expect(app.page.getByRole("alert").filter({ hasText: "password" })).toBeVisible();
		await this.#stop("home-refused");
		await app.button("Paste a key…").click();
		await this.#stop("paste-key");
		await app.page.keyboard.press("Escape");
		await app.button("Settings").click();
		await this.#stop("settings");
		await app.page.keyboard.press("Escape");
		await app.field.fill("");
	}

	async questions(sshd: SSHD, demoPort: number): Promise<void> {
		const app = this.#app;
		const server = createServer((socket) => socket.on("error", () => socket.destroy()).resume());
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		await app.connect(`root@127.0.0.1:${(server.address() as AddressInfo).port}`);
		await expect(
			app
				.dialog(/^Connecting/)
				.getByRole("listitem")
				.first(),
		).toHaveAttribute("data-state", "done");
		await this.#stop("connecting");
		await app.button("Cancel").click();
		server.close();
		await app.button("Close").click();

		await app.chooseKey(`${sshd.dir}/locked`);
		await app.connect(`${sshd.username}@127.0.0.1:${sshd.port}`);
		const unknown = app.dialog(/^First connection/);
		await expect(unknown).toBeVisible();
		await this.#stop("hostkey-new");
		await unknown.getByRole("button", { name: "Show picture" }).click();
		await unknown.getByRole("textbox").fill(sshd.fingerprint());
		await this.#stop("hostkey-compared");
		await app.trust();
		await expect(app.dialog(/^Passphrase/)).toBeVisible();
		await this.#stop("passphrase");
		await app
			.dialog(/^Passphrase/)
			.getByRole("button", { name: "Cancel" })
			.click();
		await app.button("Close").click();
		await app.button("Do not use locked").click();

		await app.connect(`two@127.0.0.1:${demoPort}`);
		await app.trust();
		await app.password("wrong");
		await expect(app.dialog(/^Password/)).toContainText("Attempt 2.");
		await this.#stop("password");
		await app.password("foo");
		await expect(app.dialog(/asks two$/)).toBeVisible();
		await this.#stop("challenge");
		await app
			.dialog(/asks two$/)
			.getByRole("button", { name: "Cancel" })
			.click();
		await app.button("Close").click();
	}

	async session(): Promise<void> {
		const app = this.#app;
		const terminal = await app.demo();
		await this.#stop("session");
		await app.page.keyboard.press("Control+Shift+F");
		await app.page.getByLabel("Find in the terminal").fill("key");
		await expect(app.page.getByRole("search").getByRole("status")).toHaveText(/ of /);
		await this.#stop("find");
		await app.page.keyboard.press("Escape");
		await terminal.paste("one\ntwo \u001b[31mred\nthree\n");
		await expect(app.dialog(/^Paste 3 lines/)).toBeVisible();
		await this.#stop("paste");
		await app
			.dialog(/^Paste 3 lines/)
			.getByRole("button", { name: "Cancel" })
			.click();
		await app.button("About this connection").click();
		await this.#stop("info");
		await app.page.keyboard.press("Escape");
		await app.page.keyboard.press("Alt+Shift+W");
		await this.#stop("close");
		await app.button("Close session").click();
	}

	async troubles(): Promise<void> {
		const app = this.#app;
		const sshd = await new SSHD().start();
		try {
			const target = `${sshd.username}@127.0.0.1:${sshd.port}`;
			await app.chooseKey(`${sshd.dir}/user`);
			await app.connect(target);
			await app.trust("Trust and save");
			await app.connected();
			await app.terminal.shows(/[$#] ?$/);
			sshd.killSessions();
			await app.is(/lost$/);
			await this.#stop("lost");
			await sshd.stop();
			await app.button("Reconnect").click();
			await expect(app.alert(/nothing listens/)).toBeVisible();
			await app.page.getByText("Details", { exact: true }).click();
			await this.#stop("error");
			sshd.newHostKey("ed25519");
			await sshd.start();
			await app.button("Try again").click();
			await expect(app.alert(/has changed/)).toBeVisible();
			await this.#stop("hostkey-changed");
			await app.button("Replace the saved key…").click();
			await this.#stop("hostkey-replace");
			await app.button("Cancel").click();
			await app.button("Wasmiko, home").click();
			await expect(app.page.getByRole("region", { name: "Recent" })).toBeVisible();
			await this.#stop("home-recent");
		} finally {
			await sshd.dispose();
		}
	}

	async #stop(name: string): Promise<void> {
		const { page } = this.#app;
		await look(page, `${this.#name}-${name}`);
		// Nothing may be cut off at the side, or make the page itself scroll.
		const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
		expect.soft(overflow, `${name}: wider than the window`).toBeLessThanOrEqual(0);
	}
}

test("the licences are a click away", async ({ page, context }) => {
	const app = await new App(page).open();
	await app.button("Settings").click();
	const dialog = app.dialog("Settings");
	await expect(dialog).toContainText(/Wasmiko \S+, Apache License 2\.0/);
	const opened = context.waitForEvent("page");
	await dialog.getByRole("link", { name: "All licences" }).click();
	await expect((await opened).locator("body")).toContainText("golang.org/x/crypto");
});

/** Ways to log in, as a person meets them. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { App } from "./app.ts";
import { expect, readKey, test } from "./fixtures.ts";
import { PASSWORD, SSHD } from "./sshd.ts";

test("a password that is wrong is asked for again, with the number of the attempt", async ({ page, sshd }) => {
	expect(sshd.passwordUser, "an account with a password takes root").toBeDefined();
	const app = await new App(page).open();
	await app.connect(`${sshd.passwordUser}@127.0.0.1:${sshd.port}`);
	await app.trust();
	const question = app.dialog(`Password for ${sshd.passwordUser} on 127.0.0.1`);
	const field = question.getByLabel("Password", { exact: true });
	await expect(field).toBeFocused();
	await expect(field).toHaveAttribute("type", "password");
	await expect(field).toHaveAttribute("autocomplete", "current-password");
	await expect(question).not.toContainText("Attempt");
	await app.password("incorrect horse");
	await expect(question.getByRole("alert")).toContainText("Refused. Attempt 2.");
	await expect(field).toHaveValue("");
	await field.fill(PASSWORD);
	await field.press("Enter");
	await app.connected();
	await app.terminal.shows(/[$#] ?$/);
	await app.terminal.run("id -un");
	await app.terminal.shows(/^wasmiko$/m);
});

test("a password can be shown while it is typed", async ({ page, sshd }) => {
	const app = await new App(page).open();
	await app.connect(`${sshd.username}@127.0.0.1:${sshd.port}`);
	await app.trust();
	const question = app.dialog(/^Password for/);
	const field = question.getByLabel("Password", { exact: true });
	await field.fill("abc");
	await question.getByRole("button", { name: "Show" }).click();
	await expect(field).toHaveAttribute("type", "text");
	await question.getByRole("button", { name: "Hide" }).click();
	await expect(field).toHaveAttribute("type", "password");
	await expect(field).toBeFocused();
});

test("a password that is kept serves the reconnect, and only until the tab closes", async ({ page, sshd }) => {
	const app = await new App(page).open();
	await app.connect(`${sshd.passwordUser}@127.0.0.1:${sshd.port}`);
	await app.trust("Trust and save");
	await page.getByLabel("Keep until this tab closes").check();
	await app.password(PASSWORD);
	await app.connected();
	await app.terminal.shows(/[$#] ?$/);
	await app.terminal.run("exit");
	await app.button("Reconnect").click();
	await app.connected();
	await page.reload();
	await app.connect(`${sshd.passwordUser}@127.0.0.1:${sshd.port}`);
	await expect(app.dialog(/^Password for/)).toBeVisible();
});

for (const key of ["user", "rsa"])
	test(`a key from a file: ${key}`, async ({ page, sshd }) => {
		const app = await new App(page).open();
		await app.chooseKey(`${sshd.dir}/${key}`);
		await expect(page.getByText("Held in memory until this tab closes.")).toBeVisible();
		await app.connect(`${sshd.username}@127.0.0.1:${sshd.port}`);
		await app.trust();
		await app.connected();
		await expect(page.getByRole("dialog")).toHaveCount(0);
	});

test("a key that is pasted", async ({ page, sshd }) => {
	const app = await new App(page).open();
	await app.button("Paste a key…").click();
	const dialog = app.dialog("Paste a private key");
	const area = dialog.getByRole("textbox");
	await expect(area).toBeFocused();
	await area.fill(readKey(sshd, "user").slice(0, 200));
	await dialog.getByRole("button", { name: "Use this key" }).click();
	await expect(dialog.getByRole("alert")).toContainText("The key is cut off");
	// As it comes out of a Windows editor.
	await area.fill(readKey(sshd, "user").replace(/\n/g, "\r\n"));
	await dialog.getByRole("button", { name: "Use this key" }).click();
	await expect(dialog).toBeHidden();
	await app.connect(`${sshd.username}@127.0.0.1:${sshd.port}`);
	await app.trust();
	await app.connected();
});

test("an encrypted key asks for its passphrase, names no server, and asks again", async ({ page, sshd }) => {
	const app = await new App(page).open();
	await app.chooseKey(`${sshd.dir}/locked`);
	await app.connect(`${sshd.username}@127.0.0.1:${sshd.port}`);
	await app.trust();
	const question = app.dialog("Passphrase for key locked");
	await expect(question).toContainText("It stays in this browser.");
	await expect(question).not.toContainText("127.0.0.1");
	const field = question.getByLabel("Passphrase", { exact: true });
	await field.fill("close sesame");
	await field.press("Enter");
	await expect(question.getByRole("alert")).toContainText("does not open the key");
	await field.fill("open sesame");
	await question.getByRole("button", { name: "Unlock" }).click();
	await app.connected();
});

for (const [name, make] of [
	["PuTTY's, version 3", ["puttygen", "KEY", "-O", "private", "-o", "OUT", "--new-passphrase", "PASS"]],
	[
		"PuTTY's, version 2",
		["puttygen", "KEY", "-O", "private", "-o", "OUT", "--new-passphrase", "PASS", "--ppk-param", "version=2"],
	],
	[
		"PKCS#8 with scrypt",
		["openssl", "pkcs8", "-topk8", "-scrypt", "-in", "PEM", "-out", "OUT", "-passout", "file:PASS"],
	],
] as const)
	test(`an encrypted key in another format: ${name}`, async ({ page, sshd }) => {
		const out = `${sshd.dir}/other`;
		const files: Record<string, string> = { KEY: `${sshd.dir}/user`, PEM: `${sshd.dir}/rsa`, OUT: out };
		writeFileSync(`${sshd.dir}/passphrase`, "open sesame");
		const [tool, ...args] = make.map((word) => files[word] ?? word.replace("PASS", `${sshd.dir}/passphrase`));
		execFileSync(tool ?? "", args, { timeout: 20_000 });
		const app = await new App(page).open();
		await app.chooseKey(out);
		await app.connect(`${sshd.username}@127.0.0.1:${sshd.port}`);
		await app.trust();
		const question = app.dialog("Passphrase for key other");
		await question.getByLabel("Passphrase", { exact: true }).fill("close sesame");
		await question.getByRole("button", { name: "Unlock" }).click();
		await expect(question.getByRole("alert")).toContainText("does not open the key");
		await question.getByLabel("Passphrase", { exact: true }).fill("open sesame");
		await question.getByRole("button", { name: "Unlock" }).click();
		await app.connected();
	});

test("what is no private key is refused before anything is sent", async ({ page, sshd }) => {
	const app = await new App(page).open();
	await app.chooseKey(`${sshd.dir}/user.pub`);
	const refused = page.getByRole("alert").filter({ hasText: "This is the public key" });
	await expect(refused).toContainText("Choose the private one");
	await expect(page.getByText("Held in memory")).toHaveCount(0);
	await app.chooseKey(`${sshd.dir}/sshd_config`);
	await expect(page.getByRole("alert").filter({ hasText: "This is not a private key" })).toBeVisible();
	await app.chooseKey(`${sshd.dir}/user`);
	await expect(page.getByText("Held in memory")).toBeVisible();
	await app.button("Do not use user").click();
	await expect(app.button("What the server asks")).toBeVisible();
});

test("Enter waits for the key file that is being read, and a wrong one connects to nothing", async ({ page, sshd }) => {
	await page.addInitScript(() => {
		const { text } = Blob.prototype;
		Blob.prototype.text = async function () {
			await new Promise((resolve) => setTimeout(resolve, 1000));
			return text.call(this);
		};
	});
	const app = await new App(page).open();
	const target = `${sshd.username}@127.0.0.1:${sshd.port}`;
	await app.chooseKey(`${sshd.dir}/user.pub`);
	await app.connect(target);
	await expect(page.getByRole("alert").filter({ hasText: "This is the public key" })).toBeVisible();
	await expect(app.field).toHaveValue(target);
	await expect(page.getByRole("dialog")).toHaveCount(0);
	await app.chooseKey(`${sshd.dir}/user`);
	await app.field.press("Enter");
	await app.trust();
	await app.connected();
});

test("after a file that is no key, only who chooses so is connected without one", async ({ page, sshd }) => {
	const app = await new App(page).open();
	await app.chooseKey(`${sshd.dir}/user.pub`);
	const problem = page.getByRole("alert").filter({ hasText: "This is the public key" });
	await expect(problem).toBeVisible();
	await expect(app.button("What the server asks")).toHaveAttribute("aria-pressed", "false");
	await app.connect(`${sshd.passwordUser}@127.0.0.1:${sshd.port}`);
	await expect(problem).toContainText("Nothing was connected: choose a key, or “What the server asks”.");
	await expect(page.getByRole("dialog")).toHaveCount(0);
	await app.button("What the server asks").click();
	await expect(problem).toHaveCount(0);
	await app.field.press("Enter");
	await app.trust();
	await app.password(PASSWORD);
	await app.connected();
});

test("a key that the server does not know leads to the password", async ({ page, sshd }) => {
	const app = await new App(page).open();
	await app.chooseKey(`${sshd.dir}/stranger`);
	await app.connect(`${sshd.passwordUser}@127.0.0.1:${sshd.port}`);
	await app.trust();
	await app.password(PASSWORD);
	await app.connected();
});

test("keyboard-interactive shows the server's words as the server's, two rounds of them", async ({ page, wasmiko }) => {
	const app = await new App(page).open();
	await app.connect(`otp@127.0.0.1:${wasmiko.demoPort}`);
	await app.trust();
	await expect(app.dialog("Password for otp on 127.0.0.1")).toContainText("Wasmiko demo board");
	await app.password("foo");
	const challenge = app.dialog("127.0.0.1 asks otp");
	await expect(challenge).toContainText("The server says:");
	await expect(challenge).toContainText("Another question:");
	const code = challenge.getByLabel(/^Code/);
	await expect(code, "the server lets it be seen").toHaveAttribute("type", "text");
	await expect(code).toHaveAttribute("autocomplete", "one-time-code");
	await expect(code).toHaveAttribute("inputmode", "numeric");
	const words = (await challenge.textContent()) ?? "";
	await code.fill(/\b\d{6}\b/.exec(words)?.[0] ?? "");
	await code.press("Enter");
	await app.connected();
	await app.terminal.shows("Press a key");
});

test("a password that the server asks for in words of its own is the same question", async ({ page, wasmiko }) => {
	const app = await new App(page).open();
	await app.connect(`robey@127.0.0.1:${wasmiko.demoPort}`);
	await app.trust("Trust and save");
	const question = app.dialog("Password for robey on 127.0.0.1");
	await expect(question.getByRole("figure")).toContainText("Wasmiko demo board");
	const field = question.getByLabel("Password", { exact: true });
	await expect(field).toBeFocused();
	await expect(field).toHaveAttribute("type", "password");
	await expect(field).toHaveAttribute("autocomplete", "current-password");
	await app.password("bar");
	await expect(question.getByRole("alert")).toHaveText("Refused. Attempt 2.");
	await page.getByLabel("Keep until this tab closes").check();
	await app.password("foo");
	await app.connected();
	await app.terminal.shows("Press a key");
	await app.terminal.run("q");
	await app.button("Reconnect").click();
	await app.connected();
});

test("three wrong answers to the same question are not followed by three more", async ({ page, wasmiko }) => {
	const app = await new App(page).open();
	await app.connect(`robey@127.0.0.1:${wasmiko.demoPort}`);
	await app.trust();
	for (let attempt = 1; attempt <= 3; attempt++) {
		if (attempt > 1) await expect(app.dialog(/^Password for/)).toContainText(`Attempt ${attempt}.`);
		await app.password(`wrong ${attempt}`);
	}
	const failure = app.alert('The server refused the password of "robey".');
	await expect(failure).toContainText("Check user name, password and key.");
	await failure.getByText("Details", { exact: true }).click();
	await expect(failure).toContainText("code: auth/denied");
	await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("two factors: the password, then the code that the server asks for", async ({ page, wasmiko }) => {
	const app = await new App(page).open();
	await app.connect(`two@127.0.0.1:${wasmiko.demoPort}`);
	await app.trust();
	await app.password("foo");
	const challenge = app.dialog("127.0.0.1 asks two");
	const code = challenge.getByLabel(/^Code/);
	const words = (await challenge.textContent()) ?? "";
	await code.fill(/\b\d{6}\b/.exec(words)?.[0] ?? "");
	await code.press("Enter");
	await app.connected();
});

test("two factors at OpenSSH: a key, then a password", async ({ page }) => {
	const sshd = await new SSHD({ config: ["AuthenticationMethods publickey,password"] }).start();
	try {
		const app = await new App(page).open();
		await app.chooseKey(`${sshd.dir}/user`);
		await app.connect(`${sshd.passwordUser}@127.0.0.1:${sshd.port}`);
		await app.trust();
		await expect(app.dialog(/^Password for/)).toContainText("Step 2: the server accepted what came before");
		await app.password(PASSWORD);
		await app.connected();
	} finally {
		await sshd.dispose();
	}
});

test("without the key that the server wants too, it is told which way is missing", async ({ page }) => {
	const sshd = await new SSHD({ config: ["AuthenticationMethods publickey,password"] }).start();
	try {
		const app = await new App(page).open();
		await app.connect(`${sshd.passwordUser}@127.0.0.1:${sshd.port}`);
		await app.trust();
		await expect(
			app.alert("The server accepts none of the ways to log in that were given. It accepts: key."),
		).toBeVisible();
	} finally {
		await sshd.dispose();
	}
});

test("a declined question ends the attempt, says so, and leaves the way back open", async ({ page, sshd }) => {
	const app = await new App(page).open();
	await app.connect(`${sshd.username}@127.0.0.1:${sshd.port}`);
	await app.trust("Trust and save");
	const question = app.dialog(/^Password for/);
	await question.getByRole("button", { name: "Cancel" }).click();
	const told = app.alert("Not connected.");
	await expect(told).toContainText("You cancelled.");
	await app.is(/Could not connect|Not connected/);
	await told.getByRole("button", { name: "Try again" }).click();
	await question.getByLabel("Password", { exact: true }).press("Escape");
	await told.getByRole("button", { name: "Close" }).click();
	await expect(app.field).toBeVisible();
	await expect(page.getByRole("tab")).toHaveCount(0);
});

test("three wrong passwords end it, with what the server accepts and what to do", async ({ page, sshd }) => {
	const app = await new App(page).open();
	await app.connect(`${sshd.passwordUser}@127.0.0.1:${sshd.port}`);
	await app.trust();
	for (let attempt = 1; attempt <= 3; attempt++) {
		if (attempt > 1) await expect(app.dialog(/^Password for/)).toContainText(`Attempt ${attempt}.`);
		await app.password(`wrong ${attempt}`);
	}
	const failure = app.alert(`The server refused the password of "${sshd.passwordUser}".`);
	await expect(failure).toContainText("Check user name, password and key.");
	await failure.getByText("Details", { exact: true }).click();
	await expect(failure).toContainText("code: auth/denied");
	await expect(failure).not.toContainText("wrong 1");
});

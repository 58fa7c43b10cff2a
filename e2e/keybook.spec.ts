/** The keys of the browser, as a person meets them. */
import { execFileSync } from "node:child_process";
import { appendFileSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import type { Locator } from "@playwright/test";
import { App } from "./app.ts";
import { expect, screenshot, test } from "./fixtures.ts";
import { look, SHAPES } from "./look.ts";
import { SSHD } from "./sshd.ts";

/** The dialog with the keys, open. */
async function keysOf(app: App): Promise<Locator> {
	await app.button("Your keys…").click();
	return app.dialog("Your keys");
}

async function choose(app: App, click: Locator, path: string): Promise<void> {
	const chooser = app.page.waitForEvent("filechooser");
	await click.click();
	await (await chooser).setFiles(path);
}

test("a key is made, put on the server, chosen by its name, and outlives the page", async ({ page, sshd }) => {
	const app = await new App(page).open();
	const keys = await keysOf(app);
	await expect(keys.getByText("None yet.")).toBeVisible();
	await keys.getByRole("button", { name: "New key…" }).click();
	const making = app.dialog("New key");
	await making.getByLabel("Name").fill("work laptop");
	await making.getByRole("button", { name: "Make the key" }).click();
	const shown = app.dialog("The public half of work laptop");
	const line = await shown.getByRole("textbox").inputValue();
	expect(line).toMatch(/^ssh-ed25519 \S+ work laptop$/);
	await shown.getByRole("button", { name: "Done" }).click();
	appendFileSync(`${sshd.dir}/authorized_keys`, `${line}\n`);
	await expect(keys.getByText("work laptop")).toBeVisible();
	await keys.getByRole("button", { name: /^work laptop/ }).click();
	await expect(keys).toBeHidden();
	await expect(page.getByText("Kept by this browser; nobody can read it.")).toBeVisible();
	await app.connect(`${sshd.username}@127.0.0.1:${sshd.port}`);
	await app.trust("Trust and save");
	await app.connected();
	// The host remembers which key it was, here and after a reload.
	const host = page.getByRole("button", { name: /127\.0\.0\.1:\d+.*with work laptop/ });
	await app.button("New session").click();
	await expect(host).toBeVisible();
	await page.reload();
	await host.click();
	await app.connected();
});

test("an encrypted file is kept, asks for its passphrase once, and is renamed and deleted", async ({ page, sshd }) => {
	const app = await new App(page).open();
	await app.chooseKey(`${sshd.dir}/locked`);
	await app.button("Keep in this browser…").click();
	const asking = app.dialog("Passphrase for key locked");
	await asking.getByLabel("Passphrase", { exact: true }).fill("close sesame");
	await asking.getByRole("button", { name: "Unlock" }).click();
	await expect(asking.getByRole("alert")).toContainText("does not open the key");
	await asking.getByLabel("Passphrase", { exact: true }).fill("open sesame");
	await asking.getByRole("button", { name: "Unlock" }).click();
	await expect(page.getByText("Kept by this browser; nobody can read it.")).toBeVisible();
	await app.connect(`${sshd.username}@127.0.0.1:${sshd.port}`);
	await app.trust();
	await app.connected();
	await expect(page.getByRole("dialog"), "no passphrase is asked for").toHaveCount(0);
	await page.reload();
	const keys = await keysOf(app);
	await keys.getByRole("button", { name: "Rename: locked" }).click();
	const renaming = app.dialog("Rename the key");
	await renaming.getByLabel("Name").fill("an old one");
	await renaming.getByRole("button", { name: "Done" }).click();
	await keys.getByRole("button", { name: "Delete: an old one" }).click();
	await app.dialog("Delete the key an old one?").getByRole("button", { name: "Delete the key" }).click();
	await expect(keys.getByText("None yet.")).toBeVisible();
});

test("what is no key is not kept, and told", async ({ page, sshd }) => {
	const app = await new App(page).open();
	const keys = await keysOf(app);
	await choose(app, keys.getByRole("button", { name: "Import a file…" }), `${sshd.dir}/user.pub`);
	await expect(keys.getByRole("alert")).toContainText("This is the public key. Choose the private one");
	await choose(app, keys.getByRole("button", { name: "Import a file…" }), `${sshd.dir}/user`);
	await expect(keys.getByRole("button", { name: /^user/ })).toBeVisible();
	await choose(app, keys.getByRole("button", { name: "Add a certificate: user" }), `${sshd.dir}/stranger.pub`);
	await expect(keys.getByRole("alert")).toContainText("choose the file that ends in -cert.pub");
});

test("a .ssh folder is taken over: keys, certificates and known hosts", async ({ page, sshd }) => {
	const folder = `${sshd.dir}/.ssh`;
	mkdirSync(folder, { recursive: true });
	for (const name of ["locked", "stranger", "stranger.pub"]) copyFileSync(`${sshd.dir}/${name}`, `${folder}/${name}`);
	execFileSync("ssh-keygen", [
		"-q",
		"-s",
		`${sshd.dir}/user`,
		"-I",
		"me at work",
		"-n",
		"root",
		`${folder}/stranger.pub`,
	]);
	writeFileSync(`${folder}/known_hosts`, `# mine\n${sshd.knownHostsLine()}\n`);
	writeFileSync(`${folder}/notes.txt`, "remember the milk");
	const hosts = [
		...["Host box", "  HostName 127.0.0.1", `  Port ${sshd.port}`, `  User ${sshd.username}`],
		...["  IdentityFile ~/.ssh/locked", "  ForwardAgent yes", "Host far", "  ProxyJump box", ""],
	];
	writeFileSync(`${folder}/config`, hosts.join("\n"));
	const app = await new App(page).open();
	const keys = await keysOf(app);
	await choose(app, keys.getByRole("button", { name: "Import .ssh…" }), folder);
	const asking = app.dialog("Passphrase for key locked");
	await asking.getByLabel("Passphrase", { exact: true }).fill("open sesame");
	await asking.getByRole("button", { name: "Unlock" }).click();
	const report = app.dialog("What the folder held");
	await expect(report).toContainText("One host key is known now.");
	await expect(report).toContainText("Belongs to the key stranger now.");
	await expect(report).toContainText("Not taken: This is not a private key.");
	await expect(report).toContainText(
		"Hosts in the list: 1. Left out, for they lie behind a jump host: 1. Line 6, forwardagent",
	);
	await report.getByRole("button", { name: "Close" }).click();
	await expect(keys.getByText("Certificate “me at work”, for root, for ever")).toBeVisible();
	await screenshot(page, "keys");
	await keys.getByRole("button", { name: "Close" }).click();
	await page.getByRole("button", { name: /imported, with locked/ }).click();
	await app.connected();
});

test("a passkey is made where the page has a name, and refused with a reason where it has none", async ({
	page,
	wasmiko,
}) => {
	const app = await new App(page).open();
	const keys = await keysOf(app);
	await keys.getByRole("button", { name: "New passkey…" }).click();
	await expect(keys.getByRole("alert")).toContainText("Passkeys belong to a domain");
	const cdp = await page.context().newCDPSession(page);
	await cdp.send("WebAuthn.enable");
	await cdp.send("WebAuthn.addVirtualAuthenticator", {
		options: {
			...{ protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true },
			...{ isUserVerified: true, automaticPresenceSimulation: true },
		},
	});
	await app.open(wasmiko.url.replace("127.0.0.1", "localhost"));
	const named = await keysOf(app);
	await named.getByRole("button", { name: "New passkey…" }).click();
	await app.dialog("New passkey").getByRole("button", { name: "Done" }).click();
	const shown = app.dialog("The public half of passkey");
	await expect(shown).toContainText("PubkeyAcceptedAlgorithms +webauthn-sk-ecdsa-sha2-nistp256@openssh.com");
	const line = await shown.getByRole("textbox").inputValue();
	await shown.getByRole("button", { name: "Done" }).click();
	await named.getByRole("button", { name: /^passkey/ }).click();
	const config = "PubkeyAcceptedAlgorithms +webauthn-sk-ecdsa-sha2-nistp256@openssh.com";
	const sshd = await new SSHD({ config: [config] }).start();
	try {
		appendFileSync(`${sshd.dir}/authorized_keys`, `${line}\n`);
		await app.connect(`${sshd.username}@127.0.0.1:${sshd.port}`);
		await app.trust();
		await app.connected();
	} finally {
		await sshd.dispose();
	}
});

test("a server's program uses a key only where that was allowed, and is asked about each time", async ({
	page,
	sshd,
}) => {
	const app = await new App(page).open();
	const keys = await keysOf(app);
	await choose(app, keys.getByRole("button", { name: "Import a file…" }), `${sshd.dir}/user`);
	await keys.getByRole("button", { name: /^user/ }).click();
	await app.connect(`${sshd.username}@127.0.0.1:${sshd.port}`);
	await app.trust("Trust and save");
	await app.connected();
	const sign =
		"ssh-add -L >/tmp/lent.pub; echo x | ssh-keygen -q -Y sign -n file -f /tmp/lent.pub | head -1; echo done $?";
	await app.terminal.shows(/[$#] ?$/);
	await app.terminal.run("echo agent $SSH_AUTH_SOCK.");
	await app.terminal.shows(/^agent \.$/m);
	await app.button("About this connection").click();
	await page.getByLabel(/Programs on this host may ask to use my keys/).check();
	await page.keyboard.press("Escape");
	await page.locator("ssh-terminal").click();
	await app.terminal.run("exit");
	await app.button("Reconnect").click();
	await app.connected();
	await app.terminal.shows(/[$#] ?$/);
	await app.terminal.run(sign);
	const question = app.alert("Use key user?");
	await expect(question).toContainText("127.0.0.1");
	await expect(question.getByRole("button", { name: "Refuse" })).toBeFocused();
	await screenshot(page, "key-use");
	await question.getByRole("button", { name: "Allow this once" }).click();
	await app.terminal.shows("BEGIN SSH SIGNATURE");
	await app.terminal.run(`clear; ${sign}`);
	await question.getByRole("button", { name: "Refuse" }).click();
	await app.terminal.shows(/agent refused|Couldn't sign/);
});

test("a key file and its certificate are chosen together, and what it says is shown", async ({ page }) => {
	const ca = new SSHD();
	ca.keygen("ca", "ed25519", "");
	const sshd = await new SSHD({ config: [`TrustedUserCAKeys ${ca.dir}/ca.pub`] }).start();
	try {
		const args = ["-q", "-s", `${ca.dir}/ca`, "-I", "me at work", "-n", sshd.username, "-V", "-1m:+1h"];
		execFileSync("ssh-keygen", [...args, `${sshd.dir}/stranger.pub`]);
		const app = await new App(page).open();
		const chooser = page.waitForEvent("filechooser");
		await app.button("Key file…").click();
		await (await chooser).setFiles([`${sshd.dir}/stranger-cert.pub`, `${sshd.dir}/stranger`]);
		await expect(page.getByText(`Certificate “me at work”, for ${sshd.username}, until`)).toBeVisible();
		await app.connect(`${sshd.username}@127.0.0.1:${sshd.port}`);
		await app.trust();
		await app.connected();
	} finally {
		await sshd.dispose();
		await ca.dispose();
	}
});

for (const [shape, viewport] of SHAPES)
	test.describe(shape, () => {
		test.use({ viewport, contextOptions: { reducedMotion: "reduce" } });
		test("the keys can be seen", async ({ page, sshd }) => {
			const app = await new App(page).open();
			const keys = await keysOf(app);
			for (const name of ["user", "rsa"]) {
				await choose(app, keys.getByRole("button", { name: "Import a file…" }), `${sshd.dir}/${name}`);
				await expect(keys.getByRole("button", { name: new RegExp(`^${name}`) })).toBeVisible();
			}
			await look(page, `keys-${shape}`);
			await keys.getByRole("button", { name: "New key…" }).click();
			await look(page, `new-key-${shape}`);
			await app.dialog("New key").getByRole("button", { name: "Make the key" }).click();
			const shown = app.dialog(/^The public half/);
			await expect(shown).toBeVisible();
			await look(page, `public-${shape}`);
			await shown.getByRole("button", { name: "Done" }).click();
			await keys.getByRole("button", { name: "Close" }).click();
			await look(page, `home-${shape}`);
		});
	});

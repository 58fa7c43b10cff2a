/** What the application does beyond one server with modern keys: jump hosts, old devices, rotated keys, the demo within the page, the log. */
import { readFileSync, writeFileSync } from "node:fs";
import { App } from "./app.ts";
import { expect, screenshot, test } from "./fixtures.ts";
import { SSHD } from "./sshd.ts";

test("a pasted command with -J goes over the jump host, and comes back as a recent server", async ({ page, sshd }) => {
	const bastion = await new SSHD().start();
	const app = await new App(page).open();
	await app.chooseKey(`${sshd.dir}/user`);
	// The jump host lets the same key in.
	const authorized = `${bastion.dir}/authorized_keys`;
	writeFileSync(authorized, readFileSync(`${sshd.dir}/user.pub`));
	const user = sshd.username;
	await app.connect(`ssh -J ${user}@127.0.0.1:${bastion.port} -p ${sshd.port} ${user}@127.0.0.1`);
	const question = app.dialog(/^First connection to/);
	await expect(question).toContainText(bastion.fingerprint());
	await question.getByRole("button", { name: "This time only" }).click();
	await expect(question).toContainText(sshd.fingerprint());
	await question.getByRole("button", { name: "This time only" }).click();
	await app.connected();
	await app.terminal.run("echo over $SSH_CONNECTION | cut -c1-14");
	await app.button(/^Wasmiko, home/).click();
	await expect(page.getByRole("button", { name: `Forget ssh -J ${user}@127.0.0.1:${bastion.port}` })).toBeVisible();
	await bastion.dispose();
});

test("an old device is refused with both lists, and let in for 30 days under a badge", async ({ page }) => {
	const sshd = await new SSHD({
		config: ["KexAlgorithms diffie-hellman-group14-sha1", "Ciphers aes128-cbc", "MACs hmac-sha1"],
	}).start();
	const app = await new App(page).open();
	await app.chooseKey(`${sshd.dir}/user`);
	await app.connect(`${sshd.username}@127.0.0.1:${sshd.port}`);
	const problem = app.alert(/No common key exchange/);
	await expect(problem).toContainText("diffie-hellman-group14-sha1");
	await screenshot(page, "legacy-problem");
	await problem.getByRole("button", { name: "Allow old algorithms for this host…" }).click();
	const warning = app.alert(/^Allow old algorithms for/);
	await expect(warning).toContainText("mlkem768x25519-sha256");
	await screenshot(page, "legacy-question");
	await warning.getByRole("button", { name: "Allow for 30 days and connect" }).click();
	await app.trust();
	await app.connected();
	await expect(page.getByText("Old algorithms", { exact: true })).toBeVisible();
	await screenshot(page, "legacy-badge");
	await sshd.dispose();
});

test("further host keys are saved only when the person wants it", async ({ page }) => {
	const sshd = await new SSHD({ hostKeyTypes: ["ed25519", "ecdsa"] }).start();
	const app = await new App(page).open();
	const connect = () => app.connect(`${sshd.username}@127.0.0.1:${sshd.port}`);
	await app.chooseKey(`${sshd.dir}/user`);
	await connect();
	await app.trust("Trust and save");
	await app.connected();
	const chip = app.button("New host keys…");
	await chip.click();
	const offer = app.dialog("This server has further keys");
	await expect(offer).toContainText(sshd.fingerprint("ecdsa"));
	await screenshot(page, "further-keys");
	await offer.getByRole("button", { name: "Save them" }).click();
	await expect(chip).toBeHidden();
	await app.button(/^Wasmiko, home/).click();
	await connect();
	await app.connected();
	await app.terminal.shows(/[$#] ?$/);
	await expect(chip).toBeHidden();
	await sshd.dispose();
});

test("the demo runs in this page, without a gateway's server, and its log is shown and saved", async ({ page }) => {
	const app = await new App(page).open();
	await screenshot(page, "home");
	await app.button("Run it in this page, without a server").click();
	await app.connected();
	await app.terminal.shows("Press a key");
	await app.button("About this connection").click();
	const info = app.dialog(/^Connection to/);
	await info.getByText("Log", { exact: true }).click();
	await expect(info.locator(".log pre")).toContainText("hostkey: ssh-ed25519 SHA256:");
	await screenshot(page, "log");
	const download = page.waitForEvent("download");
	await info.getByRole("button", { name: "Download log" }).click();
	const saved = readFileSync(await (await download).path(), "utf8");
	expect(saved).toMatch(/ ready: /);
	expect(saved).not.toContain("foo");
});

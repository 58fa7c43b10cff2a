/** A server's key: unknown, known, changed. */
import { App } from "./app.ts";
import { expect, test } from "./fixtures.ts";
import { SSHD } from "./sshd.ts";

const compareLabel = "If you have the fingerprint from its owner, paste it here:";

function question(app: App) {
	return app.dialog(/^First connection to/);
}

test("an unknown key is shown with its type and fingerprint, and a hasty Enter accepts nothing", async ({
	page,
	sshd,
}) => {
	const app = await new App(page).open();
	const connections = logged(sshd);
	await app.connect(`${sshd.username}@127.0.0.1:${sshd.port}`);
	await expect(question(app)).toContainText(`First connection to 127.0.0.1 (port ${sshd.port})`);
	await expect(question(app)).toContainText("ED25519");
	await expect(question(app).getByText(sshd.fingerprint(), { exact: true })).toBeVisible();
	await expect(question(app).getByRole("button", { name: "Cancel" })).toBeFocused();
	await page.keyboard.press("Enter");
	const told = app.alert("Not connected.");
	await expect(told).toContainText("You cancelled.");
	expect(connections().join("\n"), "no login was begun").not.toMatch(/Accepted|Failed|Postponed/);
	await told.getByRole("button", { name: "Close" }).click();
	await expect(app.field).toBeVisible();
});

test("the picture of a key is the one that ssh-keygen draws", async ({ page, sshd }) => {
	const app = await new App(page).open();
	await app.connect(`${sshd.username}@127.0.0.1:${sshd.port}`);
	await question(app).getByRole("button", { name: "Show picture" }).click();
	const picture = await question(app).getByLabel("Picture of the fingerprint").textContent();
	const drawn = sshd.randomart();
	// The titles differ: ssh-keygen adds the key's length.
	expect(picture?.split("\n").slice(1)).toEqual(drawn.split("\n").slice(1));
});

test("a fingerprint from the owner is compared, and a wrong one closes the way on", async ({ page, sshd }) => {
	const app = await new App(page).open();
	await app.connect(`${sshd.username}@127.0.0.1:${sshd.port}`);
	const own = question(app).getByLabel(compareLabel);
	const trust = question(app).getByRole("button", { name: "Trust and save" });
	const once = question(app).getByRole("button", { name: "This time only" });
	await own.fill(sshd.fingerprint());
	await expect(question(app).getByRole("status")).toHaveText("Matches.");
	await expect(trust).toBeEnabled();
	const wrong = sshd.fingerprint().replace(/.$/, (last) => (last === "A" ? "B" : "A"));
	await own.fill(wrong);
	await expect(question(app).getByRole("status")).toHaveText("Does not match. Do not continue.");
	await expect(trust).toBeDisabled();
	await expect(once).toBeDisabled();
	await own.press("Enter");
	await expect(question(app)).toBeVisible();
	await own.fill(`  ${sshd.fingerprint()}\n`);
	await expect(trust).toBeEnabled();
});

test("a fingerprint in a link answers for its key, once, and refuses another", async ({ page, sshd }) => {
	const app = await new App(page).open();
	const encoded = encodeURIComponent(sshd.fingerprint());
	await app.connect(`ssh://${sshd.username};fingerprint=${encoded}@127.0.0.1:${sshd.port}`);
	await app
		.dialog(/^Password for/)
		.getByRole("button", { name: "Cancel" })
		.click();
	await app.button("Close").click();
	const other = `SHA256:${"A".repeat(43)}`;
	const wrongLink = `ssh://${sshd.username};fingerprint=${encodeURIComponent(other)}@127.0.0.1:${sshd.port}`;
	await app.connect(wrongLink);
	const refused = app.alert("The key of 127.0.0.1 is not the expected one.");
	await expect(refused).toContainText(`The server showed ${sshd.fingerprint()}. Expected was ${other}.`);
	await app.button("Close").click();
	await app.connect(`${sshd.username}@127.0.0.1:${sshd.port}`);
	await expect(question(app), "the first link's key was kept").toBeVisible();

	// What is saved does not outvote the link, nor the link what is saved.
	await app.trust("Trust and save");
	await app
		.dialog(/^Password for/)
		.getByRole("button", { name: "Cancel" })
		.click();
	await app.button("Close").click();
	await app.connect(wrongLink);
	const disputed = app.alert("The key of 127.0.0.1 is the saved one, but another was expected.");
	await expect(disputed).toContainText(`The server showed ${sshd.fingerprint()}. Expected was ${other}.`);
	await expect(disputed).toContainText("connect without it");
});

test("a saved key is silent ever after, also in a page that was loaded anew", async ({ page, sshd }) => {
	const app = await new App(page).open();
	const target = `${sshd.username}@127.0.0.1:${sshd.port}`;
	await app.connect(target);
	await app.trust("Trust and save");
	await expect(app.dialog(/^Password for/)).toBeVisible();
	await page.reload();
	await app.connect(target);
	await expect(app.dialog(/^Password for/)).toBeVisible();
	await app.button("Wasmiko, home").click();
	await app.connect(target);
	await expect(app.dialog(/^Password for/)).toBeVisible();
});

test("a key for this time only is asked about again", async ({ page, sshd }) => {
	const app = await new App(page).open();
	const target = `${sshd.username}@127.0.0.1:${sshd.port}`;
	await app.connect(target);
	await app.trust("This time only");
	await expect(app.dialog(/^Password for/)).toBeVisible();
	await app.button("Wasmiko, home").click();
	await app.connect(target);
	await expect(question(app)).toBeVisible();
});

test("a changed key raises an alarm with no way to go on, and nothing is sent", async ({ page }) => {
	const sshd = await new SSHD().start();
	try {
		const app = await new App(page).open();
		const target = `${sshd.username}@127.0.0.1:${sshd.port}`;
		await app.chooseKey(`${sshd.dir}/user`);
		await app.connect(target);
		await app.trust("Trust and save");
		await app.connected();
		const old = sshd.fingerprint();
		sshd.newHostKey("ed25519");
		await sshd.restart();
		await app.button("Wasmiko, home").click();
		await app.connect(target);

		const alarm = app.alert("The key of 127.0.0.1 has changed. The connection was stopped.");
		await expect(alarm).toContainText("Nothing was sent: no password and no key.");
		await expect(alarm).toContainText(old);
		await expect(alarm).toContainText(sshd.fingerprint());
		await expect(alarm).toContainText(/used 1 time|used once/i);
		await expect(alarm.getByRole("button")).toHaveText(["Close", "Replace the saved key…"]);
		await app.is(/Could not connect/);
		await expect.poll(() => sshd.log).toMatch(/Connection (closed|reset)|disconnect/i);
		expect(sshd.log).not.toMatch(/Accepted|Failed|Postponed|Invalid user/);

		// A second, deliberate step, for who has the new fingerprint.
		await alarm.getByRole("button", { name: "Replace the saved key…" }).click();
		const replace = app.alert("Replace the saved key of 127.0.0.1");
		const go = replace.getByRole("button", { name: "Replace and connect" });
		await expect(go).toBeDisabled();
		const own = replace.getByRole("textbox");
		await own.fill(old);
		await expect(go).toBeDisabled();
		await expect(replace.getByRole("status")).toContainText("Does not match");
		await own.fill(sshd.fingerprint());
		await go.click();
		await app.connected();

		await page.reload();
		await app.chooseKey(`${sshd.dir}/user`);
		await app.connect(target);
		await app.connected();
	} finally {
		await sshd.dispose();
	}
});

test("a changed key can be left alone, and stays an alarm", async ({ page }) => {
	const sshd = await new SSHD().start();
	try {
		const app = await new App(page).open();
		const target = `${sshd.username}@127.0.0.1:${sshd.port}`;
		await app.connect(target);
		await app.trust("Trust and save");
		await expect(app.dialog(/^Password for/)).toBeVisible();
		sshd.newHostKey("ed25519");
		await sshd.restart();
		for (let i = 0; i < 2; i++) {
			await page.reload();
			await app.connect(target);
			const alarm = app.alert(/has changed/);
			await alarm.getByRole("button", { name: "Close" }).click();
			await expect(app.field).toBeVisible();
		}
	} finally {
		await sshd.dispose();
	}
});

/** What sshd writes from now on, line by line. */
function logged(sshd: SSHD): () => string[] {
	const before = sshd.log.length;
	return () => sshd.log.slice(before).split("\n");
}

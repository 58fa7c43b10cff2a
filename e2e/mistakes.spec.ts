/** Mistakes that people make and no other test shows: docs/mistakes.md has them all. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "./app.ts";
import { openBare } from "./bare.ts";
import { expect, test } from "./fixtures.ts";
import { type Any, byKey, equip } from "./sftp.ts";
import { PASSWORD, SSHD } from "./sshd.ts";

test("Caps Lock is told while a password is typed", async ({ page, sshd }) => {
	const app = await new App(page).open();
	await app.connect(`${sshd.passwordUser}@127.0.0.1:${sshd.port}`);
	await app.trust();
	const question = app.dialog(/^Password for/);
	const field = question.getByLabel("Password", { exact: true });
	const warning = question.getByText("Caps Lock is on.");
	await expect(warning).toBeHidden();
	await field.dispatchEvent("keydown", { key: "A", modifierCapsLock: true });
	await expect(warning).toBeVisible();
	await field.dispatchEvent("keyup", { key: "CapsLock" });
	await expect(warning).toBeHidden();
});

for (const [account, why] of [
	["locked", "that an administrator locked"],
	["expired", "that has expired"],
] as const)
	test(`an account ${why} is refused like a wrong password, and the hint says whom to ask`, async ({ page, sshd }) => {
		await equip(page);
		const target = { host: "127.0.0.1", port: sshd.port, username: account, hostKey: { pin: sshd.fingerprint() } };
		const failure = await page.evaluate(
			async ({ target, password }) => {
				const { lib, t } = window as Any;
				return t.failure(lib.connect({ relay: "/relay", ...target, auth: [{ type: "password", password }] }));
			},
			{ target, password: PASSWORD },
		);
		expect(failure).toMatchObject({ name: "AuthError", code: "auth" });
		expect(`${failure.message} ${failure.hint}`).toMatch(/account/i);
	});

test("more keys than the server lets one try are told from a wrong key", async ({ page }) => {
	const sshd = await new SSHD({ config: ["MaxAuthTries 3"] }).start();
	try {
		await equip(page);
		const failure = await page.evaluate(async (target) => {
			const { lib, t } = window as Any;
			const auth = [];
			for (let i = 0; i < 6; i++) auth.push({ type: "publickey", key: await lib.generateKey("ed25519") });
			return t.failure(lib.connect({ relay: "/relay", host: "127.0.0.1", ...target, auth }));
		}, byKey(sshd));
		expect(failure).toMatchObject({ name: "AuthError", code: "auth" });
		expect(failure).toMatchObject({ reason: "too-many", hint: expect.stringContaining("Offer fewer keys") });
	} finally {
		await sshd.dispose();
	}
});

for (const [name, policy] of [
	["whose certificate the browser does not trust", false],
	["that the page's policy does not allow", true],
] as const)
	test(`a gateway ${name} is one that cannot be reached, and that is said at once`, async ({ page }) => {
		const dir = mkdtempSync(join(tmpdir(), "wasmiko-tls-"));
		const [key, cert] = [join(dir, "key"), join(dir, "cert")];
		const request = [
			"req",
			"-x509",
			"-newkey",
			"rsa:2048",
			"-nodes",
			"-subj",
			"/CN=gate",
			"-keyout",
			key,
			"-out",
			cert,
		];
		execFileSync("openssl", request, { stdio: "ignore" });
		const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) });
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		// The policy of the Worker is that of its own answer.
		if (!policy)
			await page.route(/worker[^/]*\.js/, async (route) => {
				const response = await route.fetch();
				const { "content-security-policy": _, ...headers } = response.headers();
				await route.fulfill({ response, headers });
			});
		try {
			await openBare(page, "");
			const failure = await page.evaluate(
				async (port) => {
					const lib = await import(new URL("lib/wasmiko.js", location.href).href);
					const relay = `wss://127.0.0.1:${port}/relay`;
					const auth = [{ type: "password", password: "x" }];
					const target = { host: "db1", username: "root", auth, hostKey: { knownHosts: "" } };
					const error = await lib.connect({ relay, ...target }).catch((e: Any) => e);
					return { code: error.code, reason: error.reason, hint: error.hint };
				},
				(server.address() as AddressInfo).port,
			);
			expect(failure).toMatchObject({ code: "relay", reason: "unreachable" });
			expect(failure.hint).toMatch(/certificate.*connect-src/);
		} finally {
			server.close();
			rmSync(dir, { recursive: true, force: true });
		}
	});

test("ten mebibytes are pasted after a question, and arrive whole", async ({ page, sshd }) => {
	test.slow();
	const app = new App(page);
	const terminal = await app.session(sshd);
	const path = join(sshd.dir, "home", "pasted");
	await terminal.run(`stty -echo; cat > ${path}; stty echo; echo "do""ne"`);
	await terminal.takesPastesAsTyped();
	const text = `${"0123456789".repeat(8)}\n`.repeat(Math.ceil((10 * 1024 * 1024) / 81));
	await terminal.paste(text);
	const question = app.dialog(/^Paste [\d,. ]+ lines\?/);
	await question.getByRole("button", { name: "Paste", exact: true }).click();
	await expect.poll(() => existsSync(path) && statSync(path).size, { timeout: 60_000 }).toBe(text.length);
	await page.keyboard.press("Control+d");
	await terminal.shows(/^done$/m);
	const sum = (data: string | Buffer) => createHash("sha256").update(data).digest("hex");
	expect(sum(readFileSync(path))).toBe(sum(text));
});

/** Keys that the browser holds, certificates, agents and passkeys, at a real OpenSSH. */
import { execFileSync } from "node:child_process";
import { appendFileSync, copyFileSync, writeFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect, readKey, test } from "./fixtures.ts";
import { SSHD } from "./sshd.ts";

// biome-ignore lint/suspicious/noExplicitAny: what the page imports is what was built, not our sources
type Any = any;

/** Where to connect; the page adds the ways to log in. */
function target(sshd: SSHD): object {
	return { host: "127.0.0.1", port: sshd.port, username: sshd.username, hostKey: { pin: sshd.fingerprint() } };
}

/** Lets a public key in. */
function allow(sshd: SSHD, line: string): void {
	appendFileSync(`${sshd.dir}/authorized_keys`, `${line}\n`);
}

async function load(page: Page, url = ""): Promise<void> {
	await page.goto(url);
	await page.evaluate(async () => {
		const w = window as Any;
		w.lib = await import(new URL("lib/wasmiko.js", document.baseURI).href);
		w.run = async (target: Any, auth: Any, command: string, options: Any = {}) => {
			const client = await w.lib.connect({ relay: "/relay", ...target, auth });
			try {
				const result = await client.exec(command, options);
				return `${result.text()}${new TextDecoder().decode(result.stderr)}`;
			} finally {
				await client.close();
			}
		};
		w.failure = (promise: Promise<unknown>) =>
			promise.then(
				(resolved) => ({ resolved }),
				(e) => ({ name: e.name, code: e.code, reason: e.reason, message: e.message, hint: e.hint }),
			);
	});
}

test.beforeEach(async ({ page }) => load(page));

for (const kind of ["ed25519", "ecdsa", "rsa"])
	test(`a key made in the browser logs in, and cannot be taken out of it: ${kind}`, async ({ page, sshd }) => {
		const made = await page.evaluate(async (kind) => {
			const w = window as Any;
			w.pairs = await w.lib.generateKey(kind);
			const { publicKey } = await w.lib.signingKey(w.pairs);
			const taken = await Promise.allSettled(
				w.pairs.flatMap((pair: CryptoKeyPair) =>
					["pkcs8", "jwk"].map((format) => crypto.subtle.exportKey(format as "pkcs8", pair.privateKey)),
				),
			);
			return {
				line: w.lib.publicKeyLine(publicKey, "made here"),
				fingerprint: await w.lib.fingerprintOf(publicKey),
				taken: taken.map((each) => each.status),
			};
		}, kind);
		expect(new Set(made.taken)).toEqual(new Set(["rejected"]));
		writeFileSync(`${sshd.dir}/made.pub`, `${made.line}\n`);
		const told = execFileSync("ssh-keygen", ["-lf", `${sshd.dir}/made.pub`], { encoding: "utf8" });
		expect(told).toContain(made.fingerprint);
		expect(told).toContain("made here");
		const login = (): Promise<string> =>
			page.evaluate(async (target) => {
				const w = window as Any;
				const auth = [{ type: "publickey", key: w.pairs.length === 1 ? w.pairs[0] : w.pairs }];
				return w.failure(w.run(target, auth, "echo logged in"));
			}, target(sshd));
		expect(await login()).toMatchObject({ name: "AuthError", reason: "denied" });
		allow(sshd, made.line);
		expect(await login()).toEqual({ resolved: "logged in\n" });
	});

for (const [name, file, passphrase] of [
	["OpenSSH's", "user", ""],
	["OpenSSH's, encrypted", "locked", "open sesame"],
	["an RSA key in PEM", "rsa", ""],
	["PuTTY's, encrypted", "ppk", "open sesame"],
] as const)
	test(`a key file is kept in the browser for good, unreadable: ${name}`, async ({ page, sshd }) => {
		writeFileSync(`${sshd.dir}/passphrase`, passphrase);
		if (file === "ppk")
			execFileSync("puttygen", [
				...[`${sshd.dir}/user`, "-O", "private", "-o", `${sshd.dir}/ppk`],
				...["--new-passphrase", `${sshd.dir}/passphrase`],
			]);
		const seen = await page.evaluate(
			async ({ target, text, passphrase }) => {
				const w = window as Any;
				const wrong = passphrase === "" ? undefined : await w.failure(w.lib.importKey(text, "wrong"));
				const pairs = await w.lib.importKey(text, passphrase);
				return {
					wrong: wrong?.reason,
					extractable: pairs.map((pair: CryptoKeyPair) => pair.privateKey.extractable),
					said: await w.run(target, [{ type: "publickey", key: pairs }], "echo logged in"),
				};
			},
			{ target: target(sshd), text: readKey(sshd, file), passphrase },
		);
		expect(seen.wrong).toBe(passphrase === "" ? undefined : "wrong-passphrase");
		expect(new Set(seen.extractable)).toEqual(new Set([false]));
		expect(seen.said).toBe("logged in\n");
	});

test.describe("certificates", () => {
	async function certified(use: (sshd: SSHD) => Promise<void>, ...args: readonly string[]): Promise<void> {
		const sshd = new SSHD();
		sshd.keygen("ca", "ed25519", "");
		execFileSync("ssh-keygen", [
			...["-q", "-s", `${sshd.dir}/ca`, "-I", "me at work", "-n", sshd.username, "-O", "no-x11-forwarding"],
			...[...args, `${sshd.dir}/stranger.pub`],
		]);
		copyFileSync(`${sshd.dir}/ca.pub`, `${sshd.dir}/trusted`);
		const withCA = new SSHD({ config: [`TrustedUserCAKeys ${sshd.dir}/ca.pub`] });
		for (const name of ["stranger", "stranger-cert.pub"]) {
			copyFileSync(`${sshd.dir}/${name}`, `${withCA.dir}/${name}`);
		}
		await withCA.start();
		try {
			await use(withCA);
		} finally {
			await withCA.dispose();
			await sshd.dispose();
		}
	}

	test("one says what it is, and opens the door for a file and for a key of the browser", async ({ page }) => {
		await certified(
			async (sshd) => {
				const seen = await page.evaluate(
					async ({ target, key, certificate }) => {
						const w = window as Any;
						const { keyId, principals, kind, validUntil } = w.lib.readCertificate(certificate);
						const held = await w.lib.importKey(key);
						return {
							info: { keyId, principals, kind, minutes: Math.round((validUntil - Date.now()) / 60_000) },
							without: (await w.failure(w.run(target, [{ type: "publickey", key }], "true"))).reason,
							file: await w.run(target, [{ type: "publickey", key, certificate }], "echo in"),
							held: await w.run(target, [{ type: "publickey", key: held, certificate }], "echo in"),
						};
					},
					{ target: target(sshd), key: readKey(sshd, "stranger"), certificate: readKey(sshd, "stranger-cert.pub") },
				);
				expect(seen.info).toMatchObject({ keyId: "me at work", principals: [sshd.username], kind: "user" });
				expect(seen.info.minutes).toBeGreaterThan(50);
				expect(seen).toMatchObject({ without: "denied", file: "in\n", held: "in\n" });
			},
			"-V",
			"-1m:+1h",
		);
	});

	test("an expired one is told before anything is sent", async ({ page }) => {
		await certified(
			async (sshd) => {
				const failure = await page.evaluate(
					async ({ target, key, certificate }) => {
						const w = window as Any;
						return w.failure(w.run(target, [{ type: "publickey", key, certificate }], "true"));
					},
					{ target: target(sshd), key: readKey(sshd, "stranger"), certificate: readKey(sshd, "stranger-cert.pub") },
				);
				expect(failure).toMatchObject({ name: "AuthError", reason: "certificate-expired" });
				expect(failure.message).toContain("it was valid until");
			},
			"-V",
			"-2h:-1h",
		);
	});
});

test.describe("agents", () => {
	test("one in the page logs in, locks, and confirms", async ({ page, sshd }) => {
		const seen = await page.evaluate(
			async ({ target, key }) => {
				const w = window as Any;
				const asked: string[] = [];
				const answers = [true, false];
				const confirm = async (use: Any) => {
					asked.push(`${use.comment} ${use.forwarded}`);
					return answers.shift();
				};
				const agent = new w.lib.KeyAgent({ confirm });
				await agent.add(await w.lib.generateKey("ecdsa"), { comment: "a stranger" });
				await agent.add(await w.lib.importKey(key), { comment: "mine", confirm: true });
				const login = () => w.failure(w.run(target, [{ type: "agent", agent }], "echo in"));
				const [first, second] = [await login(), await login()];
				await agent.lock("sesame");
				const wrong = await agent.unlock("open").then(String, (e: Any) => e.name);
				const locked = await login();
				await agent.unlock("sesame");
				agent.clear();
				return { first, second, wrong, locked: locked.reason, left: agent.list().length, asked };
			},
			{ target: target(sshd), key: readKey(sshd, "user") },
		);
		expect(seen.first).toEqual({ resolved: "in\n" });
		expect(seen.second).toMatchObject({ name: "AuthError", reason: "cancelled" });
		expect(seen.asked).toEqual(["mine false", "mine false"]);
		expect(seen).toMatchObject({ wrong: "NotAllowedError", locked: "no-keys", left: 0 });
	});

	test("one that is lent serves the server's programs, asks before each use, and only then", async ({ page, sshd }) => {
		const seen = await page.evaluate(
			async ({ target, key }) => {
				const w = window as Any;
				const asked: Any[] = [];
				const answers = [true, false];
				const agent = new w.lib.KeyAgent({
					confirm: async (use: Any) => {
						asked.push([use.comment, use.forwarded, use.host]);
						return answers.shift();
					},
				});
				await agent.add(await w.lib.importKey(key), { comment: "mine" });
				const auth = [{ type: "publickey", key }];
				const sign = "cd $(mktemp -d); ssh-add -L >k.pub; echo text | ssh-keygen -q -Y sign -n file -f k.pub";
				return {
					none: await w.run(target, auth, "ssh-add -l; true"),
					list: await w.run(target, auth, "ssh-add -l", { agent }),
					signed: await w.run(target, auth, sign, { agent }),
					declined: await w.run(target, auth, sign, { agent }),
					cleared: await w.run(target, auth, "ssh-add -D; true", { agent }),
					held: agent.list().length,
					asked,
				};
			},
			{ target: target(sshd), key: readKey(sshd, "user") },
		);
		expect(seen.none).toContain("Could not open a connection to your authentication agent");
		expect(seen.list).toMatch(/^256 SHA256:\S+ mine \(ED25519\)$/m);
		expect(seen.signed).toContain("BEGIN SSH SIGNATURE");
		expect(seen.declined).not.toContain("BEGIN SSH SIGNATURE");
		expect(seen).toMatchObject({
			held: 1,
			asked: [
				["mine", true, "127.0.0.1"],
				["mine", true, "127.0.0.1"],
			],
		});
	});
});

test("one key of the browser opens the jump host and what is behind it", async ({ page, sshd }) => {
	const behind = await new SSHD().start();
	try {
		const line = readKey(sshd, "user.pub");
		allow(behind, line.trimEnd());
		const said = await page.evaluate(
			async ({ jump, target, key }) => {
				const w = window as Any;
				const auth = [{ type: "publickey", key: await w.lib.importKey(key) }];
				return w.run({ ...target, jump: [{ ...jump, auth }] }, auth, "echo behind");
			},
			{ jump: target(sshd), target: target(behind), key: readKey(sshd, "user") },
		);
		expect(said).toBe("behind\n");
	} finally {
		await behind.dispose();
	}
});

test("a passkey logs in where sshd takes it, and names the line where it does not", async ({ page, wasmiko }) => {
	// Passkeys want a domain, and an address is none.
	await load(page, wasmiko.url.replace("127.0.0.1", "localhost"));
	const cdp = await page.context().newCDPSession(page);
	await cdp.send("WebAuthn.enable");
	await cdp.send("WebAuthn.addVirtualAuthenticator", {
		options: {
			...{ protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true },
			...{ isUserVerified: true, automaticPresenceSimulation: true },
		},
	});
	const line = await page.evaluate(async () => {
		const w = window as Any;
		w.passkey = await w.lib.createPasskey("me");
		return w.lib.publicKeyLine(w.passkey.publicKey, "passkey");
	});
	const { passkeyServerLine } = await page.evaluate(() => ({
		passkeyServerLine: (window as Any).lib.passkeyServerLine as string,
	}));
	for (const config of [[], [passkeyServerLine]]) {
		const sshd = await new SSHD({ config }).start();
		try {
			allow(sshd, line);
			const seen = await page.evaluate(async (target) => {
				const w = window as Any;
				return w.failure(w.run(target, [{ type: "publickey", key: w.passkey, name: "passkey" }], "echo in"));
			}, target(sshd));
			if (config.length > 0) expect(seen).toEqual({ resolved: "in\n" });
			else {
				expect(seen).toMatchObject({ name: "AuthError", reason: "passkey-refused" });
				expect(seen.hint).toContain(passkeyServerLine);
			}
		} finally {
			await sshd.dispose();
		}
	}
});

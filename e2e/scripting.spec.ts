/** Scripts of a page: conversations, many hosts, algorithms, host keys that change, and the log. Against real OpenSSH servers. */
import { expect, readKey, test } from "./fixtures.ts";
import { PASSWORD, SSHD } from "./sshd.ts";

// biome-ignore lint/suspicious/noExplicitAny: what the page imports is what was built, not our sources
type Any = any;

test.beforeEach(async ({ page }) => {
	await page.goto("");
	await page.evaluate(async () => {
		const w = window as Any;
		w.lib = await import(new URL("lib/wasmiko.js", document.baseURI).href);
		w.connectTo = (target: Any, more: Any = {}) => w.lib.connect({ relay: "/relay", ...target, ...more });
	});
});

function target(sshd: SSHD): Any {
	return {
		host: "127.0.0.1",
		port: sshd.port,
		username: sshd.username,
		auth: [{ type: "publickey", key: readKey(sshd, "user") }],
		hostKey: { pin: sshd.fingerprint() },
	};
}

test("a conversation drives a shell: prompt, answer, result, and a time-out that loses nothing", async ({
	page,
	sshd,
}) => {
	const said = await page.evaluate(async (target) => {
		const w = window as Any;
		const client = await w.connectTo(target);
		const shell = await client.spawn("bash --norc --noprofile --noediting", { pty: true });
		const talk = w.lib.converse(shell);
		await talk.send("PS1='rea''dy> '; stty -echo\n");
		await talk.expect("ready> ");
		await talk.send("read -p 'Your name? ' name; echo \"Hello, $name!\"\n");
		await talk.expect(/Your name\? $/);
		await talk.send("Robey\n");
		const hello = await talk.expect(/Hello, (\w+)!/, { timeout: 5000 });
		const late = await talk.expect("never", { timeout: 50 }).catch((e: Any) => e);
		await talk.send("exit 3\n");
		const { status } = await shell.exit;
		await client.close();
		return { name: hello.match[1], late: late.name, rest: new TextDecoder().decode(late.stdout), status };
	}, target(sshd));
	expect(said).toEqual({ name: "Robey", late: "TimeoutError", rest: "\r\nready> ", status: 3 });
});

test("a break reaches a terminal", async ({ page, sshd }) => {
	const outcome = await page.evaluate(async (target) => {
		const client = await (window as Any).connectTo(target);
		const shell = await client.shell();
		const outcome = await shell.sendBreak(100).then(
			() => "taken",
			(e: Any) => `${e.code}/${e.reason}`,
		);
		await client.close();
		return outcome;
	}, target(sshd));
	expect(outcome).toBe("taken");
});

test("a command runs on many hosts, few at a time, and one that fails stops no other", async ({ page, sshd }) => {
	const went = await page.evaluate(async (target) => {
		const w = window as Any;
		let most = 0;
		let open = 0;
		const hosts = Array.from({ length: 7 }, (_, n) => ({
			...target,
			relay: "/relay",
			n,
			// One with a key that is not its own, before anything is sent.
			...(n === 2 && { hostKey: { pin: `SHA256:${"A".repeat(43)}` } }),
			onProgress: (p: Any) => {
				if (p.step === "relay") most = Math.max(most, ++open);
			},
		}));
		const went: Any[] = [];
		for await (const { host, result, error } of w.lib.run(hosts, "echo on $SSH_CONNECTION", { inFlight: 2 })) {
			open--;
			went.push({ n: host.n, ok: result?.text().startsWith("on 127.0.0.1"), code: error?.code });
		}
		return { went: went.sort((a, b) => a.n - b.n), most };
	}, target(sshd));
	expect(went.most).toBe(2);
	expect(went.went.map(({ ok, code }: Any) => code ?? ok)).toEqual([true, true, "hostkey", true, true, true, true]);
});

test("merge reads several commands at once", async ({ page, sshd }) => {
	const lines = await page.evaluate(async (target) => {
		const w = window as Any;
		const client = await w.connectTo(target);
		// Each goes on when the other was heard.
		const processes: Any[] = await Promise.all(
			["echo a; read go; echo c", "read go; echo b"].map((line) => client.spawn(line)),
		);
		const inputs = processes.map(({ writable }) => writable.getWriter());
		const outputs = processes.map(({ readable }) => readable.pipeThrough(new TextDecoderStream()));
		let all = "";
		for await (const [from, text] of w.lib.merge(...outputs)) {
			all += `${from}:${text.trim()} `;
			if (text.trim() !== "c") await inputs[1 - from].write(new TextEncoder().encode("\n"));
		}
		await client.close();
		return all.trim();
	}, target(sshd));
	expect(lines).toBe("0:a 1:b 0:c");
});

test("a hundred sessions run over one connection while one of them stalls", async ({ page, sshd }) => {
	// Each is a process of the server's.
	test.slow();
	const right = await page.evaluate(async (target) => {
		const client = await (window as Any).connectTo(target);
		const stalled = await client.spawn("yes");
		const all = await Promise.all(Array.from({ length: 100 }, (_, i) => client.exec(`echo ${i}`)));
		await stalled.close();
		await client.close();
		return all.filter((result, i) => result.text() === `${i}\n`).length;
	}, target(sshd));
	expect(right).toBe(100);
});

test.describe("algorithms", () => {
	test("that the server lacks are told with both lists, and the legacy profile gets in", async ({ page }) => {
		const sshd = await new SSHD({
			config: ["KexAlgorithms diffie-hellman-group14-sha1", "Ciphers aes128-cbc", "MACs hmac-sha1"],
		}).start();
		const found = await page.evaluate(async (target) => {
			const w = window as Any;
			const error = await w.connectTo(target).catch((e: Any) => e);
			const client = await w.connectTo(target, { algorithms: "legacy" });
			const { weak, keyExchange, cipherIn } = client.info;
			await client.close();
			const { name, code, reason, what, ours, theirs, legacy } = error;
			return { error: { name, code, reason, what, theirs, legacy }, ours: ours.length, weak, keyExchange, cipherIn };
		}, target(sshd));
		await sshd.dispose();
		expect(found.error).toMatchObject({
			name: "AlgorithmError",
			code: "protocol",
			reason: "no-common-algorithm",
			what: "key exchange",
			legacy: true,
		});
		expect(found.error.theirs).toContain("diffie-hellman-group14-sha1");
		expect(found.ours).toBeGreaterThan(5);
		expect(found.weak).toEqual(["diffie-hellman-group14-sha1", "aes128-cbc", "hmac-sha1"]);
	});

	test("are chosen and ordered by the page, and unknown names are refused", async ({ page, sshd }) => {
		const found = await page.evaluate(async (target) => {
			const w = window as Any;
			const client = await w.connectTo(target, {
				algorithms: { keyExchanges: ["ecdh-sha2-nistp384"], ciphers: ["aes256-ctr"], macs: ["hmac-sha2-512"] },
			});
			const { keyExchange, cipherIn, cipherOut, macIn, weak, postQuantum } = client.info;
			await client.close();
			const wrong = await w.connectTo(target, { algorithms: { ciphers: ["rot13"] } }).catch((e: Any) => e);
			return { agreed: [keyExchange, cipherIn, cipherOut, macIn, weak.length, postQuantum], wrong: wrong.message };
		}, target(sshd));
		expect(found.agreed).toEqual(["ecdh-sha2-nistp384", "aes256-ctr", "aes256-ctr", "hmac-sha2-512", 0, false]);
		expect(found.wrong).toContain('No cipher algorithm is called "rot13". There are: aes');
	});
});

test("new host keys are proved, announced and, when accepted, filed", async ({ page }) => {
	const sshd = await new SSHD({ hostKeyTypes: ["ed25519", "ecdsa"] }).start();
	const found = await page.evaluate(
		async ({ target, line, goneLine }) => {
			const w = window as Any;
			const lines = [line, goneLine];
			const store = {
				read: async () => lines.join("\n"),
				add: async (line: string) => void lines.push(line),
				remove: async (gone: string[]) => void lines.splice(0, lines.length, ...lines.filter((l) => !gone.includes(l))),
			};
			const client = await w.connectTo({ ...target, hostKey: { knownHosts: store } });
			const update = await new Promise<Any>((resolve) =>
				client.addEventListener("hostkeys", (event: Any) => resolve(event.detail)),
			);
			const before = lines.length;
			await update.accept();
			await client.close();
			const second = await w.connectTo(
				{ ...target, hostKey: { knownHosts: store } },
				{ algorithms: { hostKeys: ["ecdsa-sha2-nistp256"] } },
			);
			const { hostKeyType } = second.info;
			await second.close();
			return {
				added: update.added.map((k: Any) => k.fingerprint),
				gone: update.gone.map((k: Any) => k.type),
				before,
				lines: lines.map((l) => l.split(" ")[1]),
				hostKeyType,
			};
		},
		{
			target: target(sshd),
			line: sshd.knownHostsLine(),
			goneLine: `[127.0.0.1]:${sshd.port} ${sshd.read("rsa.pub").split(" ").slice(0, 2).join(" ")}`,
		},
	);
	expect(found).toEqual({
		added: [sshd.fingerprint("ecdsa")],
		gone: ["ssh-rsa"],
		before: 2,
		lines: ["ssh-ed25519", "ecdsa-sha2-nistp256"],
		hostKeyType: "ecdsa-sha2-nistp256",
	});
	await sshd.dispose();
});

test("the log tells each step and no secret", async ({ page, sshd }) => {
	expect(sshd.passwordUser, "an account with a password takes root").toBeDefined();
	const login = {
		...target(sshd),
		username: sshd.passwordUser ?? "",
		auth: [{ type: "password", password: PASSWORD }],
	};
	const lines = await page.evaluate(async (login) => {
		const lines: Any[] = [];
		const client = await (window as Any).connectTo(login, { onTrace: (line: Any) => lines.push(line) });
		await client.exec("echo my-own-words", { input: "my-own-input" });
		await client.forward({ host: "127.0.0.1", port: 1 }).catch(() => {});
		await client.close();
		return lines;
	}, login);
	const steps = lines.map((line) => line.step);
	for (const step of ["kex", "hostkey", "auth", "ready", "channel"]) expect(steps).toContain(step);
	expect(lines.find((line) => line.warning)?.detail).toContain("direct-tcpip");
	expect(lines.every((line) => Math.abs(line.time - Date.now()) < 60_000)).toBe(true);
	for (const secret of [PASSWORD, "my-own-words", "my-own-input"]) expect(JSON.stringify(lines)).not.toContain(secret);
});

/** The library as a page's own script uses it: `import … from "/lib/wasmiko.js"`. */
import { createServer, type Server, type Socket } from "node:net";
import { expect, readKey, test } from "./fixtures.ts";
import { freePort } from "./process.ts";
import { PASSWORD, SSHD } from "./sshd.ts";

// biome-ignore lint/suspicious/noExplicitAny: what the page imports is what was built, not our sources
type Any = any;

/** Runs in the page: connects as told and hands the client to a test's own steps. */
interface Target {
	host: string;
	port: number;
	username: string;
	auth: readonly object[];
	hostKey: object;
}

test.beforeEach(async ({ page }) => {
	await page.goto("");
	await page.evaluate(async () => {
		const w = window as Any;
		w.lib = await import(new URL("lib/wasmiko.js", document.baseURI).href);
		w.connectTo = (target: Any, more: Any = {}) => w.lib.connect({ relay: "/relay", ...target, ...more });
		// Errors lose their class on the way to the test; this keeps what a caller sees.
		w.failure = async (promise: Promise<unknown>) => {
			try {
				return { resolved: await promise };
			} catch (err) {
				const e = err as Any;
				const { code, reason, message, hint, tried, allowed, offered, known } = e;
				const decode = (b: unknown) => (b instanceof Uint8Array ? new TextDecoder().decode(b) : undefined);
				return {
					...{ name: e.name, code, reason, message, hint, tried, allowed, known },
					...{ offered: offered?.fingerprint, stdout: decode(e.stdout), stderr: decode(e.stderr) },
				};
			}
		};
	});
});

function byKey(sshd: SSHD, key = "user", more: object = {}): Target {
	return {
		host: "127.0.0.1",
		port: sshd.port,
		username: sshd.username,
		auth: [{ type: "publickey", key: readKey(sshd, key), ...more }],
		hostKey: { pin: sshd.fingerprint() },
	};
}

function demo(port: number, auth: readonly object[], username = "robey"): Target {
	return { host: "127.0.0.1", port, username, auth, hostKey: { knownHosts: "", onUnknown: "warn" } };
}

test.describe("login", () => {
	for (const key of ["user", "rsa"])
		test(`by key: ${key}`, async ({ page, sshd }) => {
			const text = await page.evaluate(
				async (target) => {
					const client = await (window as Any).connectTo(target);
					const result = await client.exec("echo logged in as $(id -un)");
					await client.close();
					return result.text();
				},
				byKey(sshd, key),
			);
			expect(text).toBe(`logged in as ${sshd.username}\n`);
		});

	test("by an encrypted key, whose passphrase is asked for when it is needed", async ({ page, sshd }) => {
		const asked = await page.evaluate(
			async (target) => {
				const asked: object[] = [];
				const [auth] = target.auth;
				const passphrase = (ask: Any) => {
					asked.push({ attempt: ask.attempt, keyName: ask.keyName });
					return ask.attempt === 1 ? "wrong" : "open sesame";
				};
				const client = await (window as Any).connectTo({ ...target, auth: [{ ...auth, passphrase }] });
				await client.close();
				return asked;
			},
			byKey(sshd, "locked", { name: "work laptop" }),
		);
		expect(asked).toEqual([
			{ attempt: 1, keyName: "work laptop" },
			{ attempt: 2, keyName: "work laptop" },
		]);
	});

	test("by password, at OpenSSH", async ({ page, sshd }) => {
		expect(sshd.passwordUser, "an account with a password takes root").toBeDefined();
		const target = {
			...byKey(sshd),
			username: sshd.passwordUser ?? "",
			auth: [{ type: "password", password: PASSWORD }],
		};
		const text = await page.evaluate(async (target) => {
			const client = await (window as Any).connectTo(target);
			const result = await client.exec("id -un");
			await client.close();
			return result.text();
		}, target);
		expect(text).toBe("wasmiko\n");
	});

	test("by password, at the demo", async ({ page, wasmiko }) => {
		const target = demo(wasmiko.demoPort, [{ type: "password", password: "foo" }]);
		const text = await page.evaluate(async (target) => {
			const client = await (window as Any).connectTo(target);
			const result = await client.exec("echo hello");
			await client.close();
			return result.text();
		}, target);
		expect(text).toBe("hello\n");
	});

	test("by keyboard-interactive with two rounds", async ({ page, wasmiko }) => {
		const rounds = await page.evaluate(
			async (target) => {
				const rounds: object[] = [];
				const answer = async (c: Any) => {
					rounds.push({ round: c.round, echo: c.prompts.map((p: Any) => p.echo) });
					return c.prompts.map((p: Any) => /\d{6}/.exec(`${c.instruction} ${p.text}`)?.[0] ?? "foo");
				};
				const client = await (window as Any).connectTo({ ...target, auth: [{ type: "keyboard-interactive", answer }] });
				await client.close();
				return rounds;
			},
			demo(wasmiko.demoPort, [], "otp"),
		);
		expect(rounds.map((r) => (r as Any).round)).toEqual([1, 2]);
	});

	test("with two factors, in the order that the server asks", async ({ page, sshd: { passwordUser } }) => {
		expect(passwordUser, "an account with a password takes root").toBeDefined();
		const sshd = await new SSHD({ config: ["AuthenticationMethods publickey,password"] }).start();
		const steps = await page.evaluate(
			async ({ target, password }) => {
				const steps: number[] = [];
				const ask = (a: Any) => {
					steps.push(a.step);
					return password;
				};
				const auth = [{ type: "password", password: ask }, ...target.auth];
				await (await (window as Any).connectTo({ ...target, auth })).close();
				return steps;
			},
			{ target: { ...byKey(sshd), username: passwordUser ?? "" }, password: PASSWORD },
		);
		expect(steps).toEqual([2]);
		await sshd.dispose();
	});

	test("with a factor missing says which", async ({ page }) => {
		const sshd = await new SSHD({ config: ["AuthenticationMethods publickey,password"] }).start();
		const target = byKey(sshd);
		const failure = await page.evaluate((t) => (window as Any).failure((window as Any).connectTo(t)), target);
		expect(failure).toMatchObject({ name: "AuthError", code: "auth", allowed: ["password"] });
		await sshd.dispose();
	});

	test("with a wrong password says what was tried and what is allowed", async ({ page, wasmiko }) => {
		const target = demo(wasmiko.demoPort, [{ type: "password", password: "bar" }]);
		const failure = await page.evaluate((t) => (window as Any).failure((window as Any).connectTo(t)), target);
		expect(failure).toMatchObject({ name: "AuthError", code: "auth", tried: ["password"] });
		expect(failure.allowed).toContain("password");
	});

	test("with a key that the server does not know is refused", async ({ page, sshd }) => {
		const target = byKey(sshd, "stranger");
		const failure = await page.evaluate((t) => (window as Any).failure((window as Any).connectTo(t)), target);
		expect(failure).toMatchObject({ name: "AuthError", code: "auth", tried: ["publickey"] });
	});

	test("with a public key in place of the private one sends nothing", async ({ page, sshd }) => {
		const target = byKey(sshd, "user.pub");
		const failure = await page.evaluate((t) => (window as Any).failure((window as Any).connectTo(t)), target);
		expect(failure).toMatchObject({ code: "auth", reason: "public-not-private" });
	});
});

test.describe("host keys", () => {
	test("an unknown host is refused by default", async ({ page, sshd }) => {
		const target = { ...byKey(sshd), hostKey: { knownHosts: "" } };
		const failure = await page.evaluate((t) => (window as Any).failure((window as Any).connectTo(t)), target);
		expect(failure).toMatchObject({ name: "HostKeyError", reason: "unknown", offered: sshd.fingerprint() });
	});

	test("a known host connects in silence, though the file has lines that make no sense", async ({ page, sshd }) => {
		const knownHosts = `# mine\n\ngarbage\n${sshd.knownHostsLine()}\n`;
		const target = { ...byKey(sshd), hostKey: { knownHosts } };
		const state = await page.evaluate(async (t) => {
			const client = await (window as Any).connectTo(t);
			const { state } = client;
			await client.close();
			return [state, client.state];
		}, target);
		expect(state).toEqual(["ready", "closed"]);
	});

	test("an administrator's lists lie below: they let in, they stop, and nothing is added to them", async ({
		page,
		sshd,
	}) => {
		const other = `127.0.0.1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${"A".repeat(43)}`;
		const wrong = other.replace("127.0.0.1", `[127.0.0.1]:${sshd.port}`);
		const seen = await page.evaluate(
			async ({ target, right, other, wrong }) => {
				const w = window as Any;
				const added: string[] = [];
				const knownHosts = { read: async () => "", add: async (line: string) => void added.push(line) };
				const connect = (systemKnownHosts: Any) =>
					w.connectTo({ ...target, hostKey: { knownHosts, systemKnownHosts, onUnknown: "add" } });
				await (await connect([other, `# the list\n${right}\n`])).close();
				const failure = await w.failure(connect(wrong));
				return { added, failure };
			},
			{ target: byKey(sshd), right: sshd.knownHostsLine(), other, wrong },
		);
		expect(seen.added).toEqual([]);
		expect(seen.failure).toMatchObject({ name: "HostKeyError", reason: "changed", offered: sshd.fingerprint() });
		expect(seen.failure.known).toMatchObject([{ line: wrong, lineNumber: 1, system: true }]);
	});

	test("asking may remember the key, and the store gets the line", async ({ page, sshd }) => {
		const seen = await page.evaluate(async (target) => {
			const lines: string[] = [];
			const keys: Any[] = [];
			const hostKey = {
				knownHosts: { read: async () => lines.join("\n"), add: async (line: string) => void lines.push(line) },
				onUnknown: async (key: Any) => {
					keys.push([key.type, key.fingerprint]);
					return "remember";
				},
			};
			for (let i = 0; i < 2; i++) await (await (window as Any).connectTo({ ...target, hostKey })).close();
			return { lines, keys };
		}, byKey(sshd));
		expect(seen.keys).toEqual([["ssh-ed25519", sshd.fingerprint()]]);
		expect(seen.lines).toEqual([sshd.knownHostsLine()]);
	});

	test("a changed key stops under every policy, before anything is sent", async ({ page }) => {
		const sshd = await new SSHD().start();
		const old = sshd.knownHostsLine();
		sshd.newHostKey("ed25519");
		await sshd.restart();
		for (const onUnknown of ["reject", "warn", "add"]) {
			const target = { ...byKey(sshd), hostKey: { knownHosts: `# first\n${old}\n`, onUnknown } };
			const failure = await page.evaluate((t) => (window as Any).failure((window as Any).connectTo(t)), target);
			expect(failure).toMatchObject({ name: "HostKeyError", reason: "changed", offered: sshd.fingerprint() });
			expect(failure.known).toMatchObject([{ line: old, lineNumber: 2 }]);
		}
		expect(sshd.log).not.toContain("Postponed publickey");
		expect(sshd.log).not.toContain("Accepted");
		await sshd.dispose();
	});

	test("the type that is known is the one asked for, though the server would rather show another", async ({ page }) => {
		const sshd = await new SSHD({ hostKeyTypes: ["ed25519", "ecdsa", "rsa"] }).start();
		for (const [type, algorithm] of [
			["rsa", /^ssh-rsa$/],
			["ecdsa", /^ecdsa-sha2-nistp256$/],
		] as const) {
			const target = { ...byKey(sshd), hostKey: { knownHosts: `${sshd.knownHostsLine(type)}\n` } };
			const info = await page.evaluate(async (t) => {
				const client = await (window as Any).connectTo(t);
				await client.close();
				return client.info;
			}, target);
			expect(info.hostKeyType).toMatch(algorithm);
			expect(info.fingerprint).toBe(sshd.fingerprint(type));
		}
		await sshd.dispose();
	});
});

test.describe("commands", () => {
	test("stdout and stderr come apart, with the exit status", async ({ page, sshd }) => {
		const result = await page.evaluate(async (target) => {
			const client = await (window as Any).connectTo(target);
			const r = await client.exec("echo out; echo err >&2; exit 7");
			await client.close();
			return { out: r.text(), err: new TextDecoder().decode(r.stderr), status: r.status };
		}, byKey(sshd));
		expect(result).toEqual({ out: "out\n", err: "err\n", status: 7 });
	});

	test("a signal that ended the command is told", async ({ page, sshd }) => {
		const result = await page.evaluate(async (target) => {
			const client = await (window as Any).connectTo(target);
			const { status, signal } = await client.exec("kill -TERM $$");
			await client.close();
			return { status, signal };
		}, byKey(sshd));
		expect(result).toEqual({ signal: "TERM" });
	});

	test("input is written and ends with EOF", async ({ page, sshd }) => {
		const sums = await page.evaluate(async (target) => {
			const client = await (window as Any).connectTo(target);
			const input = new Uint8Array(5_000_001).map((_, i) => (i * 31) & 255);
			const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", input));
			const there = (await client.exec("sha256sum", { input })).text().split(" ")[0];
			await client.close();
			return { here: [...digest].map((b) => b.toString(16).padStart(2, "0")).join(""), there };
		}, byKey(sshd));
		expect(sums.there).toBe(sums.here);
	});

	test("megabytes on both streams at once do not lock each other", async ({ page, sshd }) => {
		const sizes = await page.evaluate(async (target) => {
			const client = await (window as Any).connectTo(target);
			const r = await client.exec("head -c 9000000 /dev/zero >&2; head -c 9000001 /dev/zero");
			await client.close();
			return [r.stdout.length, r.stderr.length];
		}, byKey(sshd));
		expect(sizes).toEqual([9_000_001, 9_000_000]);
	});

	test("closing stdin leaves the other direction open", async ({ page, sshd }) => {
		const text = await page.evaluate(async (target) => {
			const client = await (window as Any).connectTo(target);
			const p = await client.spawn("cat; echo; echo after eof");
			const writer = p.writable.getWriter();
			await writer.write(new TextEncoder().encode("before"));
			await writer.close();
			const text = await new Response(p.readable).text();
			const exit = await p.exit;
			await client.close();
			return [text, exit.status];
		}, byKey(sshd));
		expect(text).toEqual(["before\nafter eof\n", 0]);
	});

	test("a command that hangs is ended, and what it said is not lost", async ({ page, sshd }) => {
		const failure = await page.evaluate(async (target) => {
			const client = await (window as Any).connectTo(target);
			const f = await (window as Any).failure(client.exec("echo so far; sleep 60", { timeout: 1000 }));
			const alive = (await client.exec("echo alive")).text();
			await client.close();
			return { ...f, alive };
		}, byKey(sshd));
		expect(failure).toMatchObject({ name: "TimeoutError", code: "timeout", stdout: "so far\n", alive: "alive\n" });
	});

	test("an abort rejects with its own reason", async ({ page, sshd }) => {
		const reason = await page.evaluate(async (target) => {
			const client = await (window as Any).connectTo(target);
			const abort = new AbortController();
			const running = client.exec("sleep 60", { signal: abort.signal });
			setTimeout(() => abort.abort(new Error("changed my mind")), 200);
			const outcome = await running.catch((e: Error) => e.message);
			await client.close();
			return outcome;
		}, byKey(sshd));
		expect(reason).toBe("changed my mind");
	});

	test("twenty run at once over one connection", async ({ page, sshd }) => {
		const texts = await page.evaluate(async (target) => {
			const client = await (window as Any).connectTo(target);
			const runs = Array.from({ length: 20 }, (_, i) => client.exec(`sleep 0.1; echo ${i}`));
			const texts = (await Promise.all(runs)).map((r: Any) => r.text().trim());
			await client.close();
			return texts;
		}, byKey(sshd));
		expect(texts).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
	});

	test("a reader that stops holds up its own command alone", async ({ page, sshd }) => {
		const text = await page.evaluate(async (target) => {
			const client = await (window as Any).connectTo(target);
			const stalled = await client.spawn("head -c 100000000 /dev/zero");
			await stalled.readable.getReader().read();
			const text = (await client.exec("seq 1 200000 | tail -1")).text();
			await stalled.close();
			await client.close();
			return text;
		}, byKey(sshd));
		expect(text).toBe("200000\n");
	});
});

test.describe("what can go wrong", () => {
	test("a port where nothing listens", async ({ page }) => {
		const target = { ...demo(await freePort(), [{ type: "password", password: "x" }]) };
		const failure = await page.evaluate((t) => (window as Any).failure((window as Any).connectTo(t)), target);
		expect(failure).toMatchObject({ code: "dial", reason: "refused" });
		expect(failure.message).toContain("127.0.0.1");
	});

	test("a name that does not exist", async ({ page }) => {
		const target = { ...demo(22, [{ type: "password", password: "x" }]), host: "no-such-host.invalid" };
		const failure = await page.evaluate((t) => (window as Any).failure((window as Any).connectTo(t)), target);
		expect(failure).toMatchObject({ code: "dial" });
	});

	test("a target that the relay does not allow", async ({ page }) => {
		const target = { ...demo(80, [{ type: "password", password: "x" }]), host: "169.254.169.254" };
		const failure = await page.evaluate((t) => (window as Any).failure((window as Any).connectTo(t)), target);
		expect(failure).toMatchObject({ code: "dial", reason: "policy" });
	});

	for (const [name, answer] of [
		["HTTP", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"],
		["SMTP", "220 mail.example ESMTP ready\r\n"],
	] as const)
		test(`a server that speaks ${name}`, async ({ page }) => {
			const server = await listen((socket) => socket.end(answer));
			const target = demo(server.port, [{ type: "password", password: "x" }]);
			const failure = await page.evaluate((t) => (window as Any).failure((window as Any).connectTo(t)), target);
			expect(failure).toMatchObject({ code: "protocol", reason: "not-ssh" });
			await server.close();
		});

	test("the server's process dies in mid-session", async ({ page }) => {
		const sshd = await new SSHD().start();
		const running = page.evaluate(async (target) => {
			const client = await (window as Any).connectTo(target);
			const p = await client.spawn("echo started; sleep 60");
			await p.readable.getReader().read();
			(window as Any).started = true;
			return [await (window as Any).failure(p.exit), await (window as Any).failure(client.closed), client.state];
		}, byKey(sshd));
		await page.waitForFunction(() => (window as Any).started);
		sshd.killSessions();
		const [exit, closed, state] = await running;
		expect(exit).toMatchObject({ code: "closed" });
		expect(closed).toMatchObject({ code: "closed" });
		expect(state).toBe("closed");
		await sshd.dispose();
	});

	test("wrong options are told before anything is sent", async ({ page, sshd }) => {
		const good = byKey(sshd);
		for (const [change, word] of [
			[{ host: "" }, "host"],
			[{ port: 0 }, "port"],
			[{ port: 65536 }, "port"],
			[{ username: "" }, "user"],
			[{ auth: [] }, "auth"],
			[{ hostKey: undefined }, "host"],
		] as const) {
			const failure = await page.evaluate((t) => (window as Any).failure((window as Any).connectTo(t)), {
				...good,
				...change,
			});
			expect(failure.message, JSON.stringify(change)).toContain(word);
		}
	});
});

interface Listener {
	port: number;
	close(): Promise<void>;
}

async function listen(onConnection: (socket: Socket) => void): Promise<Listener> {
	const server: Server = createServer((socket) => {
		socket.on("error", () => socket.destroy());
		socket.resume();
		onConnection(socket);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("no address");
	return {
		port: address.port,
		close: () => new Promise((resolve) => server.close(() => resolve())),
	};
}

/** Tunnels and jump hosts, as a page's own script uses them, against real OpenSSH servers. */
import { createServer, connect as dial } from "node:net";
import { join } from "node:path";
import { expect, readKey, test } from "./fixtures.ts";
import { SSHD } from "./sshd.ts";

// biome-ignore lint/suspicious/noExplicitAny: what the page imports is what was built, not our sources
type Any = any;

test.beforeEach(async ({ page }) => {
	await page.goto("");
	await page.evaluate(async () => {
		const w = window as Any;
		w.lib = await import(new URL("lib/wasmiko.js", document.baseURI).href);
		w.connectTo = (target: Any, more: Any = {}) => w.lib.connect({ relay: "/relay", ...target, ...more });
		w.failure = async (promise: Promise<unknown>) => {
			try {
				return { resolved: await promise };
			} catch (err) {
				const { name, code, reason, message, hint, jump } = err as Any;
				return { name, code, reason, message, hint, jump };
			}
		};
		// Says something, ends its side, and reads all that comes.
		w.exchange = async (duplex: Any, text: string) => {
			const writer = duplex.writable.getWriter();
			await writer.write(new TextEncoder().encode(text));
			await writer.close();
			return new Response(duplex.readable).text();
		};
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

/** A server that answers all that it was told, in capitals, once its caller has ended. */
async function shouter(at: { port: number } | { path: string }): Promise<{ port: number; close(): void }> {
	const server = createServer({ allowHalfOpen: true }, (socket) => {
		let text = "";
		socket.on("data", (chunk) => {
			text += chunk;
		});
		socket.on("end", () => socket.end(text.toUpperCase()));
		socket.on("error", () => {});
	});
	await new Promise<void>((resolve) => server.listen("port" in at ? { ...at, host: "127.0.0.1" } : at, resolve));
	const address = server.address();
	return { port: typeof address === "object" ? (address?.port ?? 0) : 0, close: () => server.close() };
}

test.describe("forward", () => {
	test("reaches a port and a socket behind the server, half close and all", async ({ page, sshd }) => {
		const path = join(sshd.dir, "shout.sock");
		const [tcp, unix] = [await shouter({ port: 0 }), await shouter({ path })];
		const answers = await page.evaluate(
			async ({ target, port, path }) => {
				const w = window as Any;
				const client = await w.connectTo(target);
				const answers = [
					await w.exchange(await client.forward({ host: "127.0.0.1", port, originator: "192.0.2.1:4711" }), "by port"),
					await w.exchange(await client.forward({ path }), "by socket"),
				];
				await client.close();
				return answers;
			},
			{ target: target(sshd), port: tcp.port, path },
		);
		tcp.close();
		unix.close();
		expect(answers).toEqual(["BY PORT", "BY SOCKET"]);
	});

	test("carries megabytes both ways, and a hundred tunnels at once", async ({ page, sshd }) => {
		const server = await shouter({ port: 0 });
		const result = await page.evaluate(
			async ({ target, port }) => {
				const w = window as Any;
				const client = await w.connectTo(target);
				const big = "a".repeat(3_000_000);
				const whole = (await w.exchange(await client.forward({ host: "127.0.0.1", port }), big)) === big.toUpperCase();
				const many = await Promise.all(
					Array.from({ length: 100 }, async (_, i) =>
						w.exchange(await client.forward({ host: "127.0.0.1", port }), `tunnel ${i}`),
					),
				);
				await client.close();
				return { whole, right: many.filter((text, i) => text === `TUNNEL ${i}`).length };
			},
			{ target: target(sshd), port: server.port },
		);
		server.close();
		expect(result).toEqual({ whole: true, right: 100 });
	});

	test("says which settings of sshd forbid it", async ({ page }) => {
		const sshd = await new SSHD({ config: ["AllowTcpForwarding no", "AllowStreamLocalForwarding no"] }).start();
		const failures = await page.evaluate(async (target) => {
			const w = window as Any;
			const client = await w.connectTo(target);
			const failures = [
				await w.failure(client.forward({ host: "127.0.0.1", port: target.port })),
				await w.failure(client.forward({ path: "/run/x" })),
				await w.failure(client.listen({ host: "127.0.0.1", port: 0 })),
				await w.failure(client.listen({ path: "/run/x" })),
			];
			await client.close();
			return failures;
		}, target(sshd));
		await sshd.dispose();
		expect(failures.map((f) => `${f.code}/${f.reason}`)).toEqual([
			"channel/tcp-prohibited",
			"channel/unix-failed",
			"channel/tcp-listen",
			"channel/unix-listen",
		]);
		expect(failures[0].message).toContain("127.0.0.1 does not allow connections to 127.0.0.1:");
		expect(failures[0].hint).toMatch(/AllowTcpForwarding yes.*DisableForwarding.*PermitOpen.*restrict/);
		expect(failures[1].hint).toContain("AllowStreamLocalForwarding yes");
		expect(failures[2].hint).toMatch(/AllowTcpForwarding yes.*GatewayPorts/);
	});

	test("tells a closed port from a forbidden one, and wrong options before it asks", async ({ page, sshd }) => {
		const failures = await page.evaluate(async (target) => {
			const w = window as Any;
			const client = await w.connectTo(target);
			const failures = [
				await w.failure(client.forward({ host: "127.0.0.1", port: 1 })),
				await w.failure(client.forward({ host: "127.0.0.1", port: 0 })),
				await w.failure(client.forward({ host: "", port: 1 })),
				await w.failure(client.forward({ host: "h", port: 1, originator: "nobody" })),
				await w.failure(
					client.forward({ host: "h", port: 1 }, { signal: AbortSignal.abort(new TypeError("not now")) }),
				),
			];
			await client.close();
			return failures;
		}, target(sshd));
		expect(failures[0]).toMatchObject({ code: "channel", reason: "connect-failed" });
		expect(failures.slice(1).map((f) => f.message)).toEqual([
			"port is 0; it is a number from 1 to 65535",
			"host is empty",
			'originator is "nobody"; it is host:port, or [IPv6]:port',
			"not now",
		]);
	});
});

test("listen brings the server's connections to the page", async ({ page, sshd }) => {
	await page.evaluate(async (target) => {
		const w = window as Any;
		w.client = await w.connectTo(target);
		w.listener = await w.client.listen({ host: "127.0.0.1", port: 0 });
		w.origins = [];
		w.done = (async () => {
			for await (const tunnel of w.listener) {
				w.origins.push(tunnel.origin);
				const shout = new TransformStream({
					transform: (chunk, to) => to.enqueue(new TextEncoder().encode(new TextDecoder().decode(chunk).toUpperCase())),
				});
				tunnel.readable.pipeThrough(shout).pipeTo(tunnel.writable);
			}
		})();
	}, target(sshd));
	const port = await page.evaluate(() => (window as Any).listener.address.port as number);
	const call = (text: string) =>
		new Promise<{ answer: string; from: number | undefined }>((resolve, reject) => {
			const socket = dial(port, "127.0.0.1");
			let answer = "";
			let from: number | undefined;
			socket.on("connect", () => {
				from = socket.localPort;
				socket.end(text);
			});
			socket.on("data", (chunk) => {
				answer += chunk;
			});
			socket.on("end", () => resolve({ answer, from }));
			socket.on("error", reject);
		});
	const calls = await Promise.all(["one", "two", "three"].map(call));
	expect(calls.map(({ answer }) => answer)).toEqual(["ONE", "TWO", "THREE"]);
	const origins = await page.evaluate(async () => {
		const w = window as Any;
		await w.listener.close();
		await w.done;
		return w.origins;
	});
	expect(origins.map((o: Any) => o.port).sort()).toEqual(calls.map(({ from }) => from).sort());
	// The server is told, and not waited for.
	const refusal = () => call("four").then(String, ({ message }: Error) => message);
	await expect.poll(refusal).toMatch(/ECONNREFUSED/);
	await page.evaluate(() => (window as Any).client.close());
});

test.describe("jump", () => {
	test("goes over two hosts, each with a login and a key of its own, which can be used themselves", async ({
		page,
		sshd,
	}) => {
		const [first, second] = await Promise.all([new SSHD().start(), new SSHD().start()]);
		const result = await page.evaluate(
			async ({ last, jump }) => {
				const w = window as Any;
				const steps: string[] = [];
				const onProgress = (p: Any) => steps.push(`${p.jump ?? "target"} ${p.step}`);
				const client = await w.connectTo(last, { jump, onProgress });
				const own = async (c: Any) => (await c.exec("echo $SSH_CONNECTION")).text().trim().split(" ")[3];
				const ports = [await own(client), await own(client.jumps[0]), await own(client.jumps[1])];
				const sftp = await client.jumps[0].sftp();
				const home = typeof sftp.home;
				const infos = await Promise.all(client.jumps.map((j: Any) => j.info()));
				await client.close();
				const after = await w.failure(client.jumps[0].exec("true"));
				return { ports, home, steps, fingerprints: infos.map((i) => i.fingerprint), after };
			},
			{ last: target(sshd), jump: [{ ...target(first), host: "localhost" }, target(second)] },
		);
		expect(result.ports).toEqual([sshd, first, second].map((s) => String(s.port)));
		expect(result.fingerprints).toEqual([first.fingerprint(), second.fingerprint()]);
		expect(result.steps.filter((s) => s.endsWith("ready"))).toEqual([
			"localhost ready",
			"127.0.0.1 ready",
			"target ready",
		]);
		expect(result.after).toMatchObject({ code: "closed" });
		// Each host has seen its client leave: by a reset if it had still something to say.
		const left = /Connection closed by|Disconnected from|Connection reset by/;
		for (const s of [first, second]) await expect.poll(() => s.log).toMatch(left);
		await Promise.all([first.dispose(), second.dispose()]);
	});

	test("names the host that failed: its key, its login, its settings", async ({ page, sshd }) => {
		const closed = await new SSHD({ config: ["AllowTcpForwarding no"] }).start();
		const failures = await page.evaluate(
			async ({ last, hop, closed, wrongPin, wrongKey }) => {
				const w = window as Any;
				return [
					await w.failure(w.connectTo(last, { jump: [{ ...hop, hostKey: { pin: wrongPin } }] })),
					await w.failure(w.connectTo(last, { jump: [{ ...hop, auth: [{ type: "publickey", key: wrongKey }] }] })),
					await w.failure(w.connectTo(last, { jump: [closed] })),
					await w.failure(w.connectTo({ ...last, hostKey: { pin: wrongPin } }, { jump: [hop] })),
					await w.failure(w.connectTo({ ...last, port: 1 }, { jump: [hop] })),
				];
			},
			{
				last: target(sshd),
				hop: { ...target(sshd), host: "localhost" },
				closed: { ...target(closed), host: "localhost" },
				wrongPin: closed.fingerprint(),
				wrongKey: readKey(sshd, "stranger"),
			},
		);
		await closed.dispose();
		expect(failures.map(({ code, reason, jump }) => [code, reason, jump])).toEqual([
			["hostkey", "mismatch", "localhost"],
			["auth", "denied", "localhost"],
			["channel", "tcp-prohibited", "localhost"],
			["hostkey", "mismatch", ""],
			["channel", "connect-failed", "localhost"],
		]);
		expect(failures[1].message).toMatch(/^Jump host localhost: The server refused/);
	});

	test("files the inner host's key under its real name, or its alias", async ({ page, sshd }) => {
		const lines = await page.evaluate(
			async ({ last, hop }) => {
				const w = window as Any;
				const lines: string[] = [];
				const store = { read: async () => "", add: async (line: string) => void lines.push(line) };
				const hostKey = { knownHosts: store, onUnknown: "add" };
				const jump = [{ ...hop, hostKey, hostKeyAlias: "bastion" }];
				await (await w.connectTo({ ...last, hostKey }, { jump })).close();
				return lines;
			},
			{ last: target(sshd), hop: target(sshd) },
		);
		expect(lines.map((line) => line.split(" ")[0])).toEqual(["bastion", `[127.0.0.1]:${sshd.port}`]);
	});

	test("by hand: a tunnel is the relay of the next connection", async ({ page, sshd }) => {
		const text = await page.evaluate(async (target) => {
			const w = window as Any;
			const outer = await w.connectTo(target);
			const tunnel = await outer.forward({ host: target.host, port: target.port });
			const inner = await w.connectTo(target, { relay: tunnel });
			const text = (await inner.exec("echo inside")).text();
			await inner.close();
			await outer.close();
			return text;
		}, target(sshd));
		expect(text).toBe("inside\n");
	});
});

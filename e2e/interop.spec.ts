/** The library in the page against servers that others wrote; sshcore's TestServersOfOthers asks far more of them. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "./fixtures.ts";
import { Other } from "./others.ts";
import { type Any, MiB, open, test } from "./sftp.ts";

interface Row {
	name: string;
	by: "password" | "publickey";
	/** It serves one session a connection. */
	single?: boolean;
	/** It knows nothing that is safe today. */
	old?: boolean;
}

const rows: readonly Row[] = [
	{ name: "dropbear", by: "publickey" },
	{ name: "tinysshd", by: "publickey", single: true },
	{ name: "paramiko", by: "password" },
	{ name: "asyncssh", by: "password" },
	{ name: "lsh", by: "password", old: true },
];

for (const { name, by, single = false, old = false } of rows)
	test(`${name}: ${old ? "by the legacy profile alone, " : ""}logs in, runs, and keeps files`, async ({ page }) => {
		const server = await new Other(name).start();
		try {
			const { port, username } = server;
			const login = (right: boolean) =>
				by === "password"
					? { type: by, password: right ? server.password : "bar" }
					: { type: by, key: server.key(right ? "user" : "stranger") };
			const target = { port, username, auth: [login(true)], hostKey: { pin: server.fingerprint() } };
			const profile = old ? { algorithms: "legacy" } : {};
			const fails = (change: object) => page.evaluate(fail, { ...target, ...profile, ...change });

			if (old) {
				const refused = await fails({ algorithms: undefined });
				expect(refused).toMatchObject({ name: "AlgorithmError", reason: "no-common-algorithm", legacy: true });
				expect(refused.ours).toContain("mlkem768x25519-sha256");
				expect(refused.theirs).toContain("diffie-hellman-group14-sha1");
			}
			const unknown = await fails({ hostKey: { knownHosts: "" } });
			expect(unknown).toMatchObject({ name: "HostKeyError", reason: "unknown", offered: target.hostKey.pin });
			expect(await fails({ auth: [login(false)] })).toMatchObject({ name: "AuthError", code: "auth", tried: [by] });

			const ran = await page.evaluate(run, { ...target, ...profile });
			expect(ran).toEqual({ out: "through", err: "err\n", status: 3, weak: old });
			await open(page, { ...target, ...profile });
			const path = join(server.files, "moved");
			const moved = await page.evaluate(move, { path, size: MiB });
			expect(moved.names).toEqual([["moved", MiB]]);
			expect(moved.down).toBe(moved.up);
			expect(createHash("sha256").update(readFileSync(path)).digest("hex")).toBe(moved.up);
			// A terminal and the files beside it are two sessions.
			const beside = await page.evaluate(() =>
				window.t.failure(window.t.client.exec("echo").then((r: Any) => r.text())),
			);
			if (single) expect(beside).toMatchObject({ name: "ExecError", code: "channel" });
			else expect(beside).toEqual({ resolved: "\n" });
		} finally {
			await server.dispose();
		}
	});

test("asyncssh: an expired password is changed, or said to have expired", async ({ page }) => {
	const server = await new Other("asyncssh").start();
	try {
		const { port, username } = server;
		const where = { port, username, hostKey: { pin: server.fingerprint() } };
		await open(page, { ...where, auth: [{ type: "password", password: server.password }] });
		const seen = await page.evaluate(async (target) => {
			const { lib, t } = window as Any;
			const wanted: object[] = [];
			const login = (change?: object) => ({
				...{ relay: "/relay", host: "127.0.0.1", ...target },
				auth: [{ type: "password", password: "expired", ...change }],
			});
			const change = ({ attempt, prompt }: Any) => {
				wanted.push([attempt, prompt]);
				return attempt === 1 ? "short" : "long enough";
			};
			const client = await lib.connect(login({ change }));
			const out = (await client.exec("echo in")).text();
			await client.close();
			const { name, reason } = await t.failure(lib.connect(login()));
			const given = (await t.failure(lib.connect(login({ change: () => Promise.reject(new Error("not now")) })))).code;
			return { out, wanted, name, reason, given };
		}, where);
		const wanted = [
			[1, "Your password has expired"],
			[2, "Too short: take eight characters"],
		];
		expect(seen).toMatchObject({ out: "in\n", wanted, name: "AuthError", reason: "password-expired" });
	} finally {
		await server.dispose();
	}
});

// What follows runs in the page.

async function fail(target: object): Promise<Any> {
	try {
		await (await (window as Any).lib.connect({ relay: "/relay", host: "127.0.0.1", ...target })).close();
		return { resolved: true };
	} catch (err) {
		const { name, code, reason, tried, offered, legacy, ours, theirs } = err as Any;
		return { name, code, reason, tried, offered: offered?.fingerprint, legacy, ours, theirs };
	}
}

async function run(target: object): Promise<Any> {
	const client = await (window as Any).lib.connect({ relay: "/relay", host: "127.0.0.1", ...target });
	const r = await client.exec("cat; echo err >&2; exit 3", { input: "through" });
	await client.close();
	const err = new TextDecoder().decode(r.stderr);
	return { out: r.text(), err, status: r.status, weak: client.info.weak.length > 0 };
}

async function move({ path, size }: { path: string; size: number }): Promise<Any> {
	const { sftp, make, hash, collect } = window.t;
	const bytes = make(size, 5);
	await sftp.put(bytes, path);
	const names: [string, number][] = [];
	for await (const entry of sftp.list(path.slice(0, path.lastIndexOf("/")))) names.push([entry.name, entry.size]);
	return { names, up: await hash(bytes), down: await hash(await collect(sftp.read(path))) };
}

/** Keys of WebCrypto as SSH keys, certificates, and the agent of the page; ssh-keygen is the judge. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { KeyAgent, type KeyUse, type SignRequest } from "../src/client/agent.ts";
import { fingerprintOf, keyType, publicKeyLine, readCertificate } from "../src/client/publickey.ts";
import { concat, equalBytes, fromBase64, mpint, Reader, string, toBase64, uint32 } from "../src/client/sshwire.ts";
import { generateKey, type SigningKey, signingKey } from "../src/client/webkey.ts";

const folder = mkdtempSync(join(tmpdir(), "keys-"));
after(() => rmSync(folder, { recursive: true }));
const run = (...args: string[]): string =>
	execFileSync("ssh-keygen", args, { encoding: "utf8", timeout: 20_000, cwd: folder });
const utf8 = new TextEncoder();

/** Has ssh-keygen check a signature of ours, in the envelope of PROTOCOL.sshsig. */
async function verify(key: SigningKey, algorithm: string): Promise<void> {
	const message = utf8.encode(`signed with ${algorithm}`);
	const digest = new Uint8Array(await crypto.subtle.digest("SHA-512", message));
	const about = concat(string("test"), string(""), string("sha512"));
	const made = await key.sign(concat(utf8.encode("SSHSIG"), about, string(digest)), algorithm);
	const signature = concat(string(made.format), string(made.blob));
	const envelope = concat(utf8.encode("SSHSIG"), uint32(1), string(key.publicKey), about, string(signature));
	const armour = `-----BEGIN SSH SIGNATURE-----\n${toBase64(envelope).replace(/.{70}/g, "$&\n")}\n-----END SSH SIGNATURE-----\n`;
	writeFileSync(join(folder, "signature"), armour);
	writeFileSync(join(folder, "signers"), `me ${publicKeyLine(key.publicKey)}\n`);
	const args = ["-Y", "verify", "-f", "signers", "-I", "me", "-n", "test", "-s", "signature"];
	execFileSync("ssh-keygen", args, { cwd: folder, input: message, timeout: 20_000 });
}

test("numbers are written as RFC 4251 section 5 has them", () => {
	for (const [bytes, want] of [
		[[], "00000000"],
		[[0, 0], "00000000"],
		[[0, 0x7f], "000000017f"],
		[[0x80], "000000020080"],
		[[0x09, 0xa3, 0x78], "0000000309a378"],
	] as const)
		assert.equal(Buffer.from(mpint(new Uint8Array(bytes))).toString("hex"), want);
	assert.throws(() => new Reader(new Uint8Array([0, 0, 0, 5, 1])).string(), RangeError);
});

for (const [kind, type, algorithms] of [
	["ed25519", "ssh-ed25519", ["ssh-ed25519"]],
	["ecdsa", "ecdsa-sha2-nistp256", ["ecdsa-sha2-nistp256"]],
	["rsa", "ssh-rsa", ["rsa-sha2-512", "rsa-sha2-256"]],
] as const)
	test(`a key of WebCrypto signs as SSH wants it: ${kind}`, async () => {
		const pairs = await generateKey(kind);
		assert.ok(pairs.every((pair) => !pair.privateKey.extractable));
		const key = await signingKey(pairs);
		assert.equal(keyType(key.publicKey), type);
		assert.deepEqual(key.algorithms, algorithms);
		// Signatures differ each time, and now and then in length: each kind many times.
		for (let i = 0; i < 8; i++) for (const algorithm of algorithms) await verify(key, algorithm);
		await assert.rejects(key.sign(new Uint8Array(1), "ssh-dss"), TypeError);
		writeFileSync(join(folder, "key.pub"), `${publicKeyLine(key.publicKey, "my\nkey")}\n`);
		const told = run("-lf", "key.pub");
		assert.match(told, /my key/);
		assert.ok(told.includes(await fingerprintOf(key.publicKey)), told);
	});

for (const [namedCurve, type] of [
	["P-384", "ecdsa-sha2-nistp384"],
	["P-521", "ecdsa-sha2-nistp521"],
] as const)
	test(`so do keys on larger curves: ${namedCurve}`, async () => {
		const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve }, false, ["sign", "verify"]);
		const key = await signingKey(pair);
		assert.equal(keyType(key.publicKey), type);
		for (let i = 0; i < 8; i++) await verify(key, type);
	});

test("keys that SSH does not know are refused", async () => {
	const { subtle } = crypto;
	const exchange = (await subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, [
		"deriveBits",
	])) as CryptoKeyPair;
	const sha384 = await subtle.generateKey(
		{ name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-384" },
		false,
		["sign", "verify"],
	);
	await assert.rejects(signingKey(exchange), TypeError);
	await assert.rejects(signingKey(sha384), /RSASSA-PKCS1-v1_5 SHA-384/);
	await assert.rejects(signingKey([]), /no key/);
});

test("a certificate says what ssh-keygen says of it", () => {
	for (const name of ["ca", "ecdsa", "rsa", "ed25519"])
		run("-q", "-t", name === "ca" ? "ed25519" : name, "-N", "", "-f", name);
	for (const name of ["ecdsa", "rsa", "ed25519"]) {
		const limits = ["-O", "source-address=10.0.0.0/8", "-O", "force-command=/bin/true"];
		run(
			"-q",
			"-s",
			"ca",
			"-I",
			"me at work",
			"-z",
			"42",
			"-n",
			"a,b",
			"-V",
			"20260101Z:20270101Z",
			...limits,
			`${name}.pub`,
		);
		const info = readCertificate(`\ufeff${readFileSync(join(folder, `${name}-cert.pub`), "utf8")}\r\n`);
		assert.equal(info.keyId, "me at work");
		assert.equal(info.serial, 42n);
		assert.deepEqual(info.principals, ["a", "b"]);
		assert.equal(info.kind, "user");
		assert.deepEqual([...info.limits].sort(), ["force-command=/bin/true", "source-address=10.0.0.0/8"]);
		assert.equal(info.validFrom?.toISOString(), "2026-01-01T00:00:00.000Z");
		assert.equal(info.validUntil?.toISOString(), "2027-01-01T00:00:00.000Z");
		const [type, key] = readFileSync(join(folder, `${name}.pub`), "utf8").split(" ");
		assert.equal(publicKeyLine(info.publicKey), `${type} ${key}`);
	}
	run("-q", "-s", "ca", "-h", "-I", "host", "ecdsa.pub");
	const host = readCertificate(readFileSync(join(folder, "ecdsa-cert.pub"), "utf8"));
	assert.deepEqual([host.kind, host.validFrom, host.validUntil, host.principals], ["host", undefined, undefined, []]);
});

test("what is no certificate is refused, cut anywhere", () => {
	const line = readFileSync(join(folder, "ed25519-cert.pub"), "utf8");
	const [type = "", encoded = ""] = line.split(" ");
	const blob = fromBase64(encoded);
	for (let n = 0; n < blob.byteLength; n++)
		assert.throws(() => readCertificate(`${type} ${toBase64(blob.subarray(0, n))}`), TypeError, `cut at ${n}`);
	for (const text of ["", "ssh-ed25519 AAAA", readFileSync(join(folder, "ed25519.pub"), "utf8"), "prose about keys"])
		assert.throws(() => readCertificate(text), /choose the file that ends in -cert\.pub/);
});

const request = (publicKey: Uint8Array, more: Partial<SignRequest> = {}): SignRequest => ({
	...{ publicKey, data: new Uint8Array(1), algorithm: "ssh-ed25519", forwarded: false },
	...{ host: "h", username: "u", signal: new AbortController().signal, ...more },
});

test("an agent signs with what it holds, and forgets what is removed", async () => {
	const agent = new KeyAgent();
	await agent.add(await generateKey("ed25519"), { comment: "one" });
	await agent.add(await generateKey("ed25519"), { comment: "two" });
	const [one, two] = agent.list();
	assert.ok(one && two && !equalBytes(one.publicKey, two.publicKey));
	assert.equal((await agent.sign(request(one.publicKey))).blob.byteLength, 64);
	agent.remove(one.publicKey);
	assert.deepEqual(
		agent.list().map((key) => key.comment),
		["two"],
	);
	await assert.rejects(agent.sign(request(one.publicKey)), { name: "NotFoundError" });
	agent.clear();
	assert.deepEqual(agent.list(), []);
});

test("the same key again takes the place of the first", async () => {
	const agent = new KeyAgent();
	const key = await generateKey();
	await agent.add(key, { comment: "old" });
	await agent.add(key, { comment: "new" });
	assert.deepEqual(
		agent.list().map(({ comment }) => comment),
		["new"],
	);
});

test("a locked agent shows nothing and signs nothing", async () => {
	const agent = new KeyAgent();
	await agent.add(await generateKey());
	const publicKey = agent.list()[0]?.publicKey ?? new Uint8Array();
	await agent.lock("sesame");
	assert.deepEqual([agent.locked, agent.list()], [true, []]);
	await assert.rejects(agent.sign(request(publicKey)), { name: "NotFoundError" });
	await assert.rejects(agent.lock("again"), { name: "InvalidStateError" });
	await assert.rejects(agent.unlock("open"), { name: "NotAllowedError" });
	await agent.unlock("sesame");
	assert.equal(agent.list().length, 1);
	await assert.rejects(agent.unlock("sesame"), { name: "InvalidStateError" });
});

test("a server's use is asked about each time, and never allowed when nobody can be asked", async () => {
	const uses: KeyUse[] = [];
	let allow = true;
	const asking = new KeyAgent({
		confirm: (use) => {
			uses.push(use);
			return Promise.resolve(allow);
		},
	});
	const silent = new KeyAgent();
	const key = await generateKey();
	await asking.add(key, { comment: "mine" });
	await silent.add(key);
	const publicKey = asking.list()[0]?.publicKey ?? new Uint8Array();
	await asking.sign(request(publicKey));
	assert.equal(uses.length, 0, "our own login asks only where it was wanted");
	await asking.sign(request(publicKey, { forwarded: true }));
	allow = false;
	await assert.rejects(asking.sign(request(publicKey, { forwarded: true })), { name: "NotAllowedError" });
	assert.deepEqual(
		uses.map(({ comment, forwarded }) => [comment, forwarded]),
		[
			["mine", true],
			["mine", true],
		],
	);
	await assert.rejects(silent.sign(request(publicKey, { forwarded: true })), { name: "NotAllowedError" });
	await assert.rejects(silent.add(key, { confirm: true }), /nobody to ask/);
});

test("a key with a lifetime goes when its time is over", async (t) => {
	t.mock.timers.enable({ apis: ["setTimeout"] });
	const agent = new KeyAgent();
	await agent.add(await generateKey(), { lifetimeMs: 1000 });
	t.mock.timers.tick(999);
	assert.equal(agent.list().length, 1);
	t.mock.timers.tick(1);
	assert.equal(agent.list().length, 0);
});

test("a certificate is shown before its key, and only with that key", async () => {
	const key = await generateKey();
	writeFileSync(join(folder, "web.pub"), `${publicKeyLine((await signingKey(key)).publicKey)}\n`);
	run("-q", "-s", "ca", "-I", "id", "web.pub");
	const certificate = readFileSync(join(folder, "web-cert.pub"), "utf8");
	const agent = new KeyAgent();
	await agent.add(key, { certificate });
	assert.deepEqual(
		agent.list().map(({ publicKey }) => keyType(publicKey)),
		["ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519"],
	);
	await assert.rejects(agent.add(await generateKey(), { certificate }), /another key/);
});

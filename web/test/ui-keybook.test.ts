/** The keys that the browser keeps. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { publicKeyLine } from "../src/client/publickey.ts";
import { generateKey } from "../src/client/webkey.ts";
import { KeyBook, MemoryStore } from "../src/vault/index.ts";

test("keys are kept in their order, with names that fit", async () => {
	const book = new KeyBook(new MemoryStore(), () => 42);
	const first = await book.add("  work\n laptop ", await generateKey());
	await book.add("", await generateKey("ecdsa"));
	await book.add("n".repeat(100), await generateKey());
	const keys = await book.list();
	assert.deepEqual(
		keys.map(({ name }) => name),
		["work laptop", "ecdsa-sha2-nistp256", "n".repeat(80)],
	);
	assert.equal(keys[0]?.added, 42);
	assert.match(first.fingerprint, /^SHA256:[\w+/]{43}$/);
});

test("the same key again takes the new name, and keeps the rest", async () => {
	const book = new KeyBook(new MemoryStore());
	const key = await generateKey();
	const first = await book.add("old", key);
	const again = await book.add("new", key);
	assert.equal(again.id, first.id);
	assert.deepEqual(
		(await book.list()).map(({ name }) => name),
		["new"],
	);
});

test("keys are renamed, used and removed by their id", async () => {
	let now = 1;
	const book = new KeyBook(new MemoryStore(), () => now);
	const [one, two] = [await book.add("one", await generateKey()), await book.add("two", await generateKey())];
	now = 2;
	await book.used(two.id);
	await book.rename(two.id, "zwei");
	await book.rename(two.id, " ");
	await book.remove(one.id);
	assert.deepEqual(
		(await book.list()).map(({ name, used }) => [name, used]),
		[["zwei", 2]],
	);
});

test("a certificate is put to its own key only", async () => {
	const folder = mkdtempSync(join(tmpdir(), "book-"));
	const run = (...args: string[]) => execFileSync("ssh-keygen", ["-q", ...args], { cwd: folder, timeout: 20_000 });
	try {
		const book = new KeyBook(new MemoryStore());
		const [mine, other] = [await book.add("mine", await generateKey()), await book.add("other", await generateKey())];
		writeFileSync(join(folder, "k.pub"), publicKeyLine(mine.publicKey));
		run("-t", "ed25519", "-N", "", "-f", "ca");
		run("-s", "ca", "-I", "id", "k.pub");
		const certificate = readFileSync(join(folder, "k-cert.pub"), "utf8");
		await book.certify(mine.id, certificate);
		assert.equal((await book.list())[0]?.certificate, certificate);
		await assert.rejects(book.certify(other.id, certificate), /another key/);
		await assert.rejects(book.certify(mine.id, "nonsense"), /choose the file/);
		run("-s", "ca", "-h", "-I", "id", "k.pub");
		await assert.rejects(book.certify(mine.id, readFileSync(join(folder, "k-cert.pub"), "utf8")), /of a server/);
		await book.certify(mine.id, undefined);
		assert.equal((await book.list())[0]?.certificate, undefined);
	} finally {
		rmSync(folder, { recursive: true });
	}
});

/** The same page in WebKit, which Safari is made of: the ways in which browsers differ, from the first question to a download. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { makesKey, runsAndMoves } from "./everywhere.ts";
import { sha } from "./files.ts";
import { test as base, expect, readKey } from "./fixtures.ts";
import { type Any, byKey, equip, folder, MiB } from "./sftp.ts";
import { WebKit } from "./webkit.ts";

const test = base.extend<object, { kit: WebKit; home: string }>({
	home: [
		// biome-ignore lint/correctness/noEmptyPattern: the runner reads the names of the fixtures from this pattern
		async ({}, use) => {
			const home = mkdtempSync(join(tmpdir(), "wasmiko-webkit-"));
			await use(home);
			rmSync(home, { recursive: true, force: true });
		},
		{ scope: "worker" },
	],
	kit: [
		async ({ home }, use) => {
			const kit = await WebKit.start(home);
			await use(kit);
			await kit.stop();
		},
		{ scope: "worker" },
	],
});

/** All that the terminal in sight shows. */
function terminal(kit: WebKit): Promise<string> {
	return kit.evaluate(() => {
		const { buffer } = (document.querySelector("ssh-terminal") as Any).terminal;
		const line = (_: unknown, y: number) => buffer.active.getLine(y).translateToString(true);
		return Array.from({ length: buffer.active.length }, line).join("\n").trimEnd();
	});
}

test("a person connects, checks the key, works in a shell, and fetches a file", async ({
	kit,
	home,
	sshd,
	wasmiko,
}) => {
	const dir = folder(sshd);
	const data = randomBytes(5 * MiB + 1);
	writeFileSync(join(dir, "data.bin"), data);
	await kit.goto(wasmiko.url);
	await kit.click("button", "Paste a key…");
	await kit.click("textarea");
	await kit.type(readKey(sshd, "user"));
	await kit.click("button", "Use this key");
	await kit.click("input#target");
	await kit.type(`${sshd.username}@127.0.0.1:${sshd.port}`);
	await kit.press("Enter");
	await kit.click("button", "Trust and save");
	const shows = (pattern: RegExp) => expect.poll(() => terminal(kit).catch(() => "")).toMatch(pattern);
	await shows(/[$#] ?$/);
	await kit.type("printf 'gr\\303\\274\\303\\237e \\344\\270\\226\\347\\225\\214 %d\\n' $((6 * 7))");
	await kit.press("Enter");
	await shows(/^grüße 世界 42$/m);
	await kit.type("seq 1 20000; echo end");
	await kit.press("Enter");
	await shows(/^19999\n20000\nend$/m);
	await test.info().attach("webkit", { body: await kit.screenshot(), contentType: "image/png" });

	await kit.press("Control+Shift+L");
	await kit.click("button", "Type a path");
	await kit.type(dir);
	await kit.press("Enter");
	await kit.click("[role=row]", "data.bin");
	await kit.click("button", "Download");
	const kept = join(home, "data.bin");
	await expect.poll(() => existsSync(kept) && sha(readFileSync(kept))).toBe(sha(data));
});

test("a script runs a command and moves a file both ways", async ({ kit, sshd, wasmiko }) => {
	const page = kit as unknown as Page;
	await equip(page, wasmiko.url);
	await runsAndMoves(page, sshd);
});

test("two commands are read at once, with a key that the browser made and nobody can read", async ({
	kit,
	sshd,
	wasmiko,
}) => {
	const page = kit as unknown as Page;
	await equip(page, wasmiko.url);
	await makesKey(page, sshd);
	const said = await kit.evaluate(async (target) => {
		const { lib, made: key } = window as Any;
		const auth = [{ type: "publickey", key }];
		const client = await lib.connect({ relay: "/relay", host: "127.0.0.1", ...target, auth });
		// Each goes on when the other was heard.
		const lines = ["echo a; read go; echo c", "read go; echo b"];
		const processes: Any[] = await Promise.all(lines.map((line) => client.spawn(line)));
		const inputs = processes.map(({ writable }) => writable.getWriter());
		let said = "";
		for await (const [from, bytes] of lib.merge(...processes.map(({ readable }) => readable))) {
			const text = new TextDecoder().decode(bytes).trim();
			said += `${from}:${text} `;
			if (text !== "c") await inputs[1 - from].write(new TextEncoder().encode("\n"));
		}
		await client.close();
		return said;
	}, byKey(sshd));
	expect(said).toBe("0:a 1:b 0:c ");
});

/** What a script does alike in every browser, whoever drives it. */
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { sha } from "./files.ts";
import { expect } from "./fixtures.ts";
import { type Any, byKey, folder, MiB, open } from "./sftp.ts";
import type { SSHD } from "./sshd.ts";

/** Runs a command and moves a file both ways, in a page that is equipped. */
export async function runsAndMoves(page: Page, sshd: SSHD): Promise<void> {
	const path = join(folder(sshd), "file");
	await open(page, byKey(sshd));
	const { out, status, up, down } = await page.evaluate(
		async ({ path, size }) => {
			const { client, sftp, make, hash, collect } = window.t;
			const result = await client.exec("cat; exit 3", { input: "through" });
			const bytes = make(size, 7);
			await sftp.put(bytes, path, { verify: true });
			const read = { up: await hash(bytes), down: await hash(await collect(sftp.read(path))) };
			await client.close();
			return { out: (result as Any).text(), status: result.status, ...read };
		},
		{ path, size: 8 * MiB },
	);
	expect({ out, status }).toEqual({ out: "through", status: 3 });
	expect(down).toBe(up);
	expect(sha(readFileSync(path))).toBe(up);
}

/** Has the browser make a key that nobody can read, the page's `made`, and lets it in. */
export async function makesKey(page: Page, sshd: SSHD): Promise<void> {
	const line = await page.evaluate(async () => {
		const { lib } = window as Any;
		const key = await lib.generateKey("ed25519");
		(window as Any).made = key;
		return lib.publicKeyLine((await lib.signingKey(key)).publicKey, "made here");
	});
	appendFileSync(join(sshd.dir, "authorized_keys"), `${line}\n`);
}

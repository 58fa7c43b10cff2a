/** What an SSH library's users count on, each by itself: the rows of docs/parity.md that no other test shows alone. */
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { App } from "./app.ts";
import { sha } from "./files.ts";
import { test as base, expect } from "./fixtures.ts";
import { type Any, byKey, folder, MiB, open, test } from "./sftp.ts";
import { SSHD } from "./sshd.ts";

test("a client is an object of its own: two in one page know nothing of each other", async ({ page, sshd }) => {
	const seen = await page.evaluate(async (target) => {
		const { lib, t } = window as Any;
		const make = () => lib.connect({ relay: "/relay", host: "127.0.0.1", ...target });
		const [one, two] = await Promise.all([make(), make()]);
		const kinds = [one, two].map((client) => client instanceof lib.SSHClient && client.state);
		const pids = await Promise.all([one, two].map(async (client) => (await client.exec("echo $PPID")).text().trim()));
		await one.close();
		await one.closed;
		return {
			kinds,
			apart: pids[0] !== pids[1],
			one: [one.state, (await t.failure(one.exec("true"))).code],
			two: [two.state, (await two.exec("echo alive")).text()],
			user: two.info.username ?? two.info.user,
		};
	}, byKey(sshd));
	expect(seen).toMatchObject({
		kinds: ["ready", "ready"],
		apart: true,
		one: ["closed", "closed"],
		two: ["ready", "alive\n"],
	});
});

test("one client is used again and again, and logs in once", async ({ page }) => {
	const sshd = await new SSHD().start();
	try {
		const lines = await page.evaluate(async (target) => {
			const client = await (window as Any).lib.connect({ relay: "/relay", host: "127.0.0.1", ...target });
			const lines: string[] = [];
			for (let i = 0; i < 25; i++) {
				const { text, status } = await client
					.exec(`echo ${i}; exit ${i}`)
					.then((r: Any) => ({ text: r.text(), status: r.status ?? r.exit?.status }));
				lines.push(`${text.trim()} ${status}`);
			}
			// What is closed leaves the connection to the rest.
			for (let i = 0; i < 5; i++) {
				const sftp = await client.sftp();
				await sftp.stat("/");
				await sftp.close();
				const shell = await client.shell();
				shell.close();
			}
			lines.push((await client.exec("echo last")).text().trim());
			await client.close();
			return lines;
		}, byKey(sshd));
		expect(lines).toEqual([...Array.from({ length: 25 }, (_, i) => `${i} ${i}`), "last"]);
		expect(sshd.log.match(/Accepted publickey/g)).toHaveLength(1);
	} finally {
		await sshd.dispose();
	}
});

test("channels of every kind run over one connection at once", async ({ page }) => {
	const sshd = await new SSHD().start();
	const echo = createServer((socket) => socket.pipe(socket).on("error", () => {}));
	await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
	const address = echo.address();
	const port = address !== null && typeof address === "object" ? address.port : 0;
	try {
		const dir = folder(sshd);
		const bytes = Buffer.alloc(8 * MiB, "wasmiko");
		writeFileSync(join(dir, "file"), bytes);
		const seen = await page.evaluate(
			async ({ target, dir, port }) => {
				const { lib, t } = window as Any;
				const client = await lib.connect({ relay: "/relay", host: "127.0.0.1", ...target });
				// All of these wait for the last: none could end before the others were open.
				const held = await client.spawn(`while [ ! -e '${dir}/go' ]; do sleep 0.05; done; echo held`);
				const shell = await client.shell();
				const tunnel = await client.forward({ host: "127.0.0.1", port });
				const sftp = await client.sftp();
				const writer = tunnel.writable.getWriter();
				const reader = tunnel.readable.getReader();
				await writer.write(new TextEncoder().encode("there and back"));
				const { value } = await reader.read();
				const file = await t.hash(await t.collect(sftp.read(`${dir}/file`)));
				const open = (await client.exec("echo among them")).text();
				await sftp.put("", `${dir}/go`);
				const text = await new Response(held.readable).text();
				shell.close();
				await client.close();
				return { text, file, open, tunnel: new TextDecoder().decode(value) };
			},
			{ target: byKey(sshd), dir, port },
		);
		expect(seen).toEqual({ text: "held\n", file: sha(bytes), open: "among them\n", tunnel: "there and back" });
		expect(sshd.log.match(/Accepted publickey/g)).toHaveLength(1);
	} finally {
		echo.close();
		await sshd.dispose();
	}
});

test("the files of a client are opened without a second login", async ({ page }) => {
	const sshd = await new SSHD().start();
	try {
		await open(page, byKey(sshd));
		const { type, same } = await page.evaluate(async () => {
			const { client, sftp } = window.t;
			const other = await client.sftp();
			const { type } = await other.stat(sftp.home);
			await other.close();
			return { type, same: (await sftp.stat(sftp.home)).type };
		});
		expect([type, same]).toEqual(["directory", "directory"]);
		expect(sshd.log.match(/Accepted publickey/g)).toHaveLength(1);
	} finally {
		await sshd.dispose();
	}
});

// One engine is here to be tested with; what systems differ in is what browsers say of them.
for (const [system, platform, agent, copy] of [
	["Windows", "Win32", "Windows NT 10.0; Win64; x64", "Control+Shift+C"],
	["macOS", "MacIntel", "Macintosh; Intel Mac OS X 10_15_7", "Meta+c"],
	["Android", "Linux armv81", "Linux; Android 10; K", "Control+Shift+C"],
] as const)
	base(`a session is the same where the browser runs on ${system}`, async ({ browser, baseURL, sshd }) => {
		const context = await browser.newContext({
			...(baseURL ? { baseURL } : {}),
			userAgent: `Mozilla/5.0 (${agent}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36`,
			permissions: ["clipboard-read", "clipboard-write"],
		});
		try {
			await context.addInitScript((platform) => {
				Object.defineProperty(navigator, "platform", { get: () => platform });
			}, platform);
			const page = await context.newPage();
			const app = await new App(page).open();
			const terminal = await app.session(sshd);
			await terminal.run("clear; printf 'grüße %s\\n' 世界");
			await terminal.shows(/^grüße 世界\n/);
			await page.locator(".xterm-screen").dblclick({ position: { x: 12, y: 8 } });
			await page.keyboard.press(copy);
			await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe("grüße");
			await page.keyboard.press("Control+Shift+L");
			await expect(page.getByRole("grid", { name: "Files" })).toBeFocused();
		} finally {
			await context.close();
		}
	});

test("a terminal is asked for with modes, as programs on the server see them", async ({ page, sshd }) => {
	const said = await page.evaluate(async (target) => {
		const client = await (window as Any).lib.connect({ relay: "/relay", host: "127.0.0.1", ...target });
		const modes = { ECHO: 0, VERASE: 8, ONLCR: false, IUTF8: true };
		const result = await client.exec("stty -a", { pty: { cols: 132, rows: 43, modes } });
		await client.close();
		return result.text();
	}, byKey(sshd));
	for (const word of ["rows 43", "columns 132", "-echo", "erase = ^H", "-onlcr", " iutf8"])
		expect(said).toContain(word);
});

test("a subsystem is spoken to in its own protocol", async ({ page, sshd }) => {
	const seen = await page.evaluate(async (target) => {
		const { lib, t } = window as Any;
		const client = await lib.connect({ relay: "/relay", host: "127.0.0.1", ...target });
		const files = await client.subsystem("sftp");
		const writer = files.writable.getWriter();
		await writer.write(new Uint8Array([0, 0, 0, 5, 1, 0, 0, 0, 3])); // SSH_FXP_INIT, version 3
		const reader = files.readable.getReader();
		const { value } = await reader.read();
		await writer.close();
		while (!(await reader.read()).done);
		const unknown = await t.failure(client.subsystem("netconf"));
		await client.close();
		return { type: value[4], version: value[8], code: unknown.code, message: unknown.message };
	}, byKey(sshd));
	expect(seen).toMatchObject({ type: 2, version: 3, code: "channel" });
	expect(seen.message).toContain("subsystem");
});

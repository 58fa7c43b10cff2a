/** The demo server within the page, and the reader of ssh_config: no server and no network. */
import { expect, test } from "./fixtures.ts";

// biome-ignore lint/suspicious/noExplicitAny: what the page imports is what was built, not our sources
type Any = any;

test.beforeEach(async ({ page }) => {
	await page.goto("");
	await page.evaluate(async () => {
		const w = window as Any;
		w.lib = await import(new URL("lib/wasmiko.js", document.baseURI).href);
		w.login = (board: Any) => ({
			relay: board.relay(),
			host: "board.example",
			username: "robey",
			auth: [{ type: "password", password: "foo" }],
			hostKey: { pin: board.fingerprint },
		});
	});
});

test("the demo runs in the page: commands, files and a shell, with no socket opened", async ({ page }) => {
	const sockets: string[] = [];
	page.on("websocket", (socket) => sockets.push(socket.url()));
	const found = await page.evaluate(async () => {
		const w = window as Any;
		const board = await w.lib.Board.open();
		const client = await w.lib.connect(w.login(board));
		const said = (await client.exec("echo hello")).text();
		const sftp = await client.sftp();
		const names: string[] = [];
		for await (const entry of sftp.list("/")) names.push(entry.name);
		const talk = w.lib.converse(await client.shell());
		const menu = await talk.expect(/Hello (\w+)/);
		const second = await w.lib.connect(w.login(board));
		const both = (await second.exec("echo again")).text();
		const version = client.info.serverVersion;
		await client.close();
		await board.close();
		const lost = await second.closed.catch((e: Any) => e.code);
		return { said, names: names.length, menu: menu.match[1], both, version, lost };
	});
	expect(found).toMatchObject({ said: "hello\n", menu: "robey", both: "again\n", version: "SSH-2.0-WasmikoDemo" });
	expect(found.names).toBeGreaterThan(2);
	expect(["relay", "closed"]).toContain(found.lost);
	expect(sockets).toEqual([]);
});

test("a wrong password is refused there as anywhere", async ({ page }) => {
	const failure = await page.evaluate(async () => {
		const w = window as Any;
		const board = await w.lib.Board.open();
		const auth = [{ type: "password", password: "bar" }];
		const failure = await w.lib.connect({ ...w.login(board), auth }).catch((e: Any) => `${e.code}/${e.reason}`);
		await board.close();
		return failure;
	});
	expect(failure).toBe("auth/denied");
});

test("an ssh_config is read, and what is ignored is said", async ({ page }) => {
	const found = await page.evaluate(() =>
		(window as Any).lib.readSSHConfig(
			"Host db\n  HostName db.internal\n  Port 2222\n  ProxyJump bastion\n  ProxyCommand nc\nHost *\n  User ops\n",
		),
	);
	expect(found).toEqual({
		hosts: [
			{
				...{ alias: "db", host: "db.internal", port: 2222, username: "ops", jump: ["bastion"] },
				...{ keys: [], hostKeyAlias: "" },
			},
		],
		ignored: [{ line: 5, keyword: "proxycommand", reason: "a page cannot run commands" }],
	});
	const failure = await page.evaluate(() =>
		(window as Any).lib.readSSHConfig("Host a\nPort x\n").catch((e: Any) => e.message),
	);
	expect(failure).toContain("port");
});

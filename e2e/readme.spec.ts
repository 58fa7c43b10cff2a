/** README.md, the package's own, and what explains keys and tunnels: what they show is run, against a real server. */
import { type AddressInfo, connect, createServer } from "node:net";
import type { Page } from "@playwright/test";
import { openBare } from "./bare.ts";
import { expect, test } from "./fixtures.ts";
import { snippets } from "./snippets.ts";
import { PASSWORD, SSHD } from "./sshd.ts";
import { Terminal } from "./terminal.ts";

// biome-ignore lint/suspicious/noExplicitAny: what the page defines is what was built, not our sources
type Any = any;

let sshd: SSHD;
test.beforeAll(async () => {
	sshd = await new SSHD().start();
});
test.afterAll(() => sshd?.dispose());

/** The names of the text for those of this machine. */
function here(code: string): string {
	const user = sshd.passwordUser;
	return code
		.replaceAll(/"(wasmiko|\/lib\/wasmiko\.js)"/g, '"./lib/wasmiko.js"')
		.replaceAll(/"(wasmiko\/element|\/lib\/element\.js)"/g, '"./lib/element.js"')
		.replaceAll("wss://ssh.example.org/relay", "/relay")
		.replaceAll('host: "db1.example"', `host: "127.0.0.1", port: ${sshd.port}`)
		.replaceAll('host="db1.example"', `host="127.0.0.1" port="${sshd.port}"`)
		.replaceAll(/username(=|: )"root"/g, `username$1"${user}"`)
		.replaceAll(/"SHA256:[^"]*"/g, `"${sshd.fingerprint()}"`)
		.replaceAll('host: "10.0.0.5", port: 5432', `host: "127.0.0.1", port: ${sshd.port}`)
		.replaceAll("sudo -k systemctl restart nginx", "read -sp 'Password: ' word; test $word = secret; exit $?");
}

/** A person who answers, and the machines that the text leaves to its reader. */
function reader({ password, port, username, pin }: { password: string; port: number; username: string; pin: string }) {
	const target = { relay: "/relay", host: "127.0.0.1", port, username };
	const auth = [{ type: "password", password }];
	const machines = [1, 2, 3].map(() => ({ ...target, auth, hostKey: { pin } }));
	Object.assign(window, { machines, prompt: () => password });
	addEventListener("ssh-hostkey", (event: Any) => event.respondWith("once"));
	addEventListener("ssh-password", (event: Any) => event.respondWith(password));
}

/** Runs code as a module of a page, which has some values at hand, and gives back what it logs. */
async function run(page: Page, code: string, values: object = {}): Promise<string[]> {
	const logged: string[] = [];
	page.on("console", (message) => logged.push(message.text()));
	const username = sshd.passwordUser ?? "";
	await page.addInitScript(reader, { password: PASSWORD, port: sshd.port, username, pin: sshd.fingerprint() });
	await page.addInitScript((values) => void Object.assign(window, values), values);
	await page.route("**/snippet.js", (route) =>
		route.fulfill({ contentType: "text/javascript", body: `${here(code)}\nwindow.finished = true;` }),
	);
	await openBare(page, '<script type="module" src="snippet.js"></script>');
	await expect.poll(() => page.evaluate(() => (window as Any).finished), { timeout: 40_000 }).toBe(true);
	return logged;
}

test("README.md: the script runs a command", async ({ page }) => {
	const scripts = snippets("README.md", "js");
	expect(scripts).toHaveLength(1);
	const logged = await run(page, scripts[0] ?? "");
	expect(logged.join("\n")).toMatch(/^0 .*load average/m);
});

test("README.md: the element opens a shell", async ({ page }) => {
	const [markup = ""] = snippets("README.md", "html");
	const username = sshd.passwordUser ?? "";
	await page.addInitScript(reader, { password: PASSWORD, port: sshd.port, username, pin: sshd.fingerprint() });
	await openBare(page, here(markup));
	await page.evaluate(() => void (document.querySelector("ssh-terminal") as Any).connect());
	await new Terminal(page).shows(/[$#] ?$/, 40_000);
});

test("the package's README: commands, files, a terminal, a tunnel, a dialogue and many machines", async ({ page }) => {
	test.slow();
	const scripts = snippets("docs/npm.md", "js");
	expect(scripts).toHaveLength(4);
	// One after the other, as they are read: a client that one makes is another's.
	const logged = (await run(page, scripts.join("\n"))).join("\n");
	expect(logged, "a command").toMatch(/^0 .*load average/m);
	expect(logged, "a folder").toMatch(/^passwd \d+$/m);
	expect(logged, "the dialogue's end").toMatch(/^0$/m);
	expect(logged.match(/^127\.0\.0\.1 .*load average/gm), "three machines").toHaveLength(3);
});

/** What documents leave out: a client, and what makes one. */
const left = () => ({
	relay: "/relay",
	auth: [{ type: "publickey", key: sshd.read("user") }],
	hostKey: { pin: sshd.fingerprint() },
	username: sshd.username,
	port: sshd.port,
});
const someone = "host: '127.0.0.1', port, username";
const opened = `import { connect } from "wasmiko"; const client = await connect({ relay, ${someone}, auth, hostKey });\n`;

test("docs/keys.md: a key is read, logs in, and is lent", async ({ page }) => {
	const [script = ""] = snippets("docs/keys.md", "js");
	page.on("dialog", (dialog) => dialog.accept());
	const code = script
		.replace("its passphrase", "open sesame")
		.replace(", certificate", "") // of which there is none
		.replace("…,", `relay, ${someone}, hostKey,`)
		.replace("await client.exec", "const listed = await client.exec");
	const values = { ...left(), text: sshd.read("locked") };
	const logged = await run(page, `${code}\nconsole.log(listed.text());`, values);
	const [, key = ""] = sshd.read("locked.pub").split(" ");
	expect(logged).toContain(`ssh-ed25519 ${key} me@here`);
	expect(logged.join("\n")).toMatch(/^256 SHA256:\S+ work \(ED25519\)$/m);
});

test("docs/tunnels.md: to a place behind the server, and over a jump host", async ({ page }) => {
	const [forward = "", , jump = ""] = snippets("docs/tunnels.md", "js");
	const place = createServer((socket) => socket.end("from behind"));
	await new Promise<void>((resolve) => place.listen(0, "127.0.0.1", resolve));
	const { port: behind } = place.address() as AddressInfo;
	const forwarded = forward
		.replace('host: "db.internal", port: 5432', `host: "127.0.0.1", port: ${behind}`)
		.replace("…", "new WritableStream({ write: (bytes) => console.log(new TextDecoder().decode(bytes)) })");
	const jumped = jump
		.replace("const client", "const inner")
		.replace('host: "db1.internal", username: "ops"', someone)
		.replace('host: "bastion.example", username: "ops"', someone)
		.replace("[...]", "auth")
		.replace("{...}", "hostKey");
	const through = "console.log((await inner.exec('echo through')).text())";
	const logged = await run(page, [opened, forwarded, jumped, through].join("\n"), left());
	place.close();
	expect(logged.join("\n")).toContain("from behind");
	expect(logged.join("\n")).toContain("through");
});

test("docs/tunnels.md: from the server to the page", async ({ page }) => {
	const [, listen = ""] = snippets("docs/tunnels.md", "js");
	page.on("console", (message) => {
		const port = /^the server listens on port (\d+)$/.exec(message.text())?.[1];
		if (port) connect(Number(port), "127.0.0.1").on("error", () => {});
	});
	const code = listen.replace("serve(tunnel, tunnel.origin)", "{ console.log(tunnel.origin); break; }");
	const logged = await run(page, opened + code, left());
	expect(logged.join("\n")).toMatch(/127\.0\.0\.1/);
});

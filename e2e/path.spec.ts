/** A gateway below a path of a name that others share: nginx with the file that docs/deploy shows. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Files, test } from "./files.ts";
import { expect, LOOPBACK, startWasmiko, type Wasmiko } from "./fixtures.ts";
import { Provider } from "./oidc.ts";
import { Child, freePort, listens } from "./process.ts";
import { noteSecret } from "./secrets.ts";
import { Terminal } from "./terminal.ts";

let dir: string;
let provider: Provider;
let gateway: Wasmiko;

test.beforeAll(async () => {
	dir = mkdtempSync(join(tmpdir(), "wasmiko-path-"));
	writeFileSync(join(dir, "users"), execFileSync("../dist/wasmiko", ["passwd", "ann"], { input: "correct horse\n" }));
	provider = await new Provider().start();
	gateway = await startWasmiko([
		...["demo", "--listen", "127.0.0.1:0", ...LOOPBACK, "--base-path", "/ssh", "--passwords", join(dir, "users")],
		...["--oidc-issuer", provider.url, "--oidc-client-id", "wasmiko", "--oidc-allow", "*@example.org"],
	]);
});

test.afterAll(async () => {
	await gateway?.child.stop();
	provider?.stop();
	rmSync(dir, { recursive: true, force: true });
});

/** nginx as documented, without TLS, of which the page sees nothing here. Its other pages are a sentence. */
async function startNginx(port: number, takesPathOff: boolean): Promise<Child> {
	let text = readFileSync("../docs/deploy/path-nginx.conf", "utf8");
	for (const [theirs, ours] of [
		["listen 443 ssl http2;", `listen 127.0.0.1:${port};`],
		[/ {4}(listen \[|ssl_).*\n/g, ""],
		["proxy_pass http://127.0.0.1:8080;", `proxy_pass ${new URL(gateway.url).origin}${takesPathOff ? "/" : ""};`],
	] as const) {
		const changed = text.replaceAll(theirs, ours);
		expect(changed, `docs/deploy/path-nginx.conf has no ${theirs}`).not.toBe(text);
		text = changed;
	}
	const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
	const temporary = kinds.map((kind) => `${kind}_temp_path ${dir}/${port}-${kind};`).join("\n");
	const file = join(dir, `${port}.conf`);
	writeFileSync(
		file,
		`error_log stderr;\npid ${file}.pid;\ndaemon off;\nevents {}\nhttp {\naccess_log off;\n${temporary}\n${text}}\n`,
	);
	const child = new Child("nginx", ["-p", dir, "-c", file], { PATH: `${process.env.PATH}:/usr/sbin` });
	await expect.poll(() => listens(port), { message: "nginx does not listen" }).toBe(true);
	return child;
}

for (const takesPathOff of [false, true])
	test(`all of it below a path that the proxy ${takesPathOff ? "takes off" : "leaves"}`, async ({ page, app }) => {
		const port = await freePort();
		const nginx = await startNginx(port, takesPathOff);
		const base = `http://127.0.0.1:${port}/ssh/`;
		const strays: string[] = [];
		page.on("request", (request) => {
			const url = request.url();
			if (!url.startsWith(base) && !url.startsWith(provider.url) && /^http/.test(url)) strays.push(url);
		});
		page.on("websocket", (socket) => {
			if (!socket.url().startsWith(base.replace("http", "ws"))) strays.push(socket.url());
		});
		try {
			await page.goto(`${base}?host=db1`);
			await expect(page).toHaveURL(`${base}sign-in?next=%2F%3Fhost%3Ddb1`);
			await page.getByLabel("User name").fill("ann");
			await page.getByLabel("Password").fill(noteSecret("correct horse"));
			await page.getByRole("button", { name: "Sign in" }).click();
			await expect(page).toHaveURL(`${base}?host=db1`);
			await expect(app.field).toHaveValue("db1");
			await page.getByRole("button", { name: "Open the demo" }).click();
			await new Terminal(page).shows("Press a key");
			const files = await new Files(page, "/pictures").open();
			const download = page.waitForEvent("download");
			await files.menu("sunset.png", "Download");
			expect((await download).url()).toContain(`${base}dl/`);
			await page.getByRole("button", { name: "Sign out" }).click();
			page.once("dialog", (dialog) => dialog.accept());
			await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
			await expect(page).toHaveURL(`${base}sign-in`);
			// Once more, at a provider of another site, which has to find the way back.
			await page.goto(`${base}?host=db2`);
			await page.getByRole("link", { name: "Sign in with localhost" }).click();
			await page.getByRole("link", { name: "I am Ann" }).click();
			await expect(page).toHaveURL(`${base}?host=db2`);
			await expect(page.locator(".user-plate")).toContainText("ann@example.org");
			// A link leads to pages of the gateway, not to its neighbours.
			await page.goto(`${base}sign-in?next=%2F..%2Fportal%2F`);
			await expect(page).toHaveURL(base);
			await page.goto(`${base}embed`);
			await expect(page.getByRole("alert")).toContainText("made to be shown in a frame");
			expect(strays).toEqual([]);
		} finally {
			await nginx.stop();
		}
	});

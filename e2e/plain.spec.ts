/** Plain WebSockets, as websockify speaks them: a page brings its own way to the server. */
import { expect, LOOPBACK, startWasmiko, test } from "./fixtures.ts";
import { Child, freePort } from "./process.ts";
import type { SSHD } from "./sshd.ts";

/** A relay of plain bytes to the server, and the page's files from the same place. */
const relays = {
	"Debian's websockify": async (sshd: SSHD) => {
		const port = await freePort();
		const child = new Child("websockify", ["--web", "../web/dist", `127.0.0.1:${port}`, `127.0.0.1:${sshd.port}`]);
		await child.until(/proxying from/);
		return { child, url: `http://127.0.0.1:${port}/`, path: "/" };
	},
	"the gateway's plain mode": async (sshd: SSHD) => {
		const args = ["--listen", "127.0.0.1:0", "--plain", `127.0.0.1:${sshd.port}`];
		return { ...(await startWasmiko(["serve", ...LOOPBACK, ...args])), path: "/relay" };
	},
};

for (const [name, start] of Object.entries(relays))
	test(`the page reaches a server through ${name}`, async ({ page, sshd }) => {
		const { child, url, path } = await start(sshd);
		try {
			// Any page of it that does nothing by itself.
			await page.goto(new URL("licenses.txt", url).href);
			const options = {
				...{ host: "127.0.0.1", port: sshd.port, username: sshd.username },
				auth: [{ type: "publickey", key: sshd.read("user") }],
				hostKey: { pin: sshd.fingerprint() },
			};
			const seen = await page.evaluate(
				async ({ path, options }) => {
					const socket = new WebSocket(path, "binary");
					socket.binaryType = "arraybuffer";
					await new Promise((resolve, reject) => {
						socket.onopen = resolve;
						socket.onerror = reject;
					});
					const readable = new ReadableStream({
						start(controller) {
							socket.onmessage = ({ data }) => controller.enqueue(new Uint8Array(data));
							socket.onclose = () => controller.close();
						},
					});
					const writable = new WritableStream({
						write: (chunk: Uint8Array<ArrayBuffer>) => socket.send(chunk),
						close: () => socket.close(),
					});
					const { connect } = await import(new URL("/lib/wasmiko.js", location.href).href);
					const client = await connect({ ...options, relay: { readable, writable } });
					const { stdout } = await client.exec("echo $((40+2))");
					const many = await client.exec("head -c 3000000 /dev/zero");
					const sent = await client.exec("wc -c", { input: new Uint8Array(3_000_000) });
					await client.close();
					const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
					return { echoed: text(stdout), received: many.stdout.length, sent: text(sent.stdout) };
				},
				{ path, options },
			);
			expect(seen).toEqual({ echoed: "42", received: 3_000_000, sent: "3000000" });
		} finally {
			await child.stop("SIGKILL");
		}
	});

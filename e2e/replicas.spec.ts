/** Several gateways behind one name, seen from the page: HAProxy with the file that docs/deploy shows. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "./app.ts";
import { Cutter } from "./cutter.ts";
import { expect, LOOPBACK, startWasmiko, test, type Wasmiko } from "./fixtures.ts";
import { Child, freePort, listens } from "./process.ts";

/** One of the gateways, and where it tells of itself. */
interface Replica {
	readonly wasmiko: Wasmiko;
	readonly health: number;
}

async function startReplica(name: string, host: string): Promise<Replica> {
	const health = await freePort();
	const wasmiko = await startWasmiko([
		...["serve", ...LOOPBACK, "--listen", "127.0.0.1:0", "--host", host, "--replica", name, "--drain", "5m"],
		...["--health-listen", `127.0.0.1:${health}`],
	]);
	return { wasmiko, health };
}

async function sessions({ health }: Replica): Promise<number> {
	const text = await (await fetch(`http://127.0.0.1:${health}/metrics`)).text();
	return Number(/^wasmiko_sessions_active (\d+)/m.exec(text)?.[1]);
}

/** HAProxy as documented, with these places and without TLS, of which the page sees nothing here. */
async function startHAProxy(port: number, dir: string, replicas: readonly Replica[]): Promise<Child> {
	let text = readFileSync("../docs/deploy/haproxy.cfg", "utf8");
	const [one = "", two = ""] = replicas.map(({ wasmiko }) => new URL(wasmiko.url).host);
	for (const [theirs, ours] of [
		["maxconn 20000", "maxconn 1000"],
		[/:443 ssl crt .*/g, `127.0.0.1:${port}`],
		["10.0.0.11:8080", one],
		["10.0.0.12:8080", two],
		["Host ssh.example.org", `Host 127.0.0.1:${port}`],
	] as const) {
		const changed = text.replaceAll(theirs, ours);
		expect(changed, `docs/deploy/haproxy.cfg has no ${theirs}`).not.toBe(text);
		text = changed;
	}
	const file = join(dir, "haproxy.cfg");
	writeFileSync(file, text);
	const child = new Child("haproxy", ["-db", "-f", file], { PATH: `${process.env.PATH}:/usr/sbin` });
	await expect.poll(() => listens(port), { message: "HAProxy does not listen" }).toBe(true);
	return child;
}

test("of two gateways one dies and takes only its own sessions, and the other drains and loses none", async ({
	page,
	sshd,
}) => {
	test.slow();
	const dir = mkdtempSync(join(tmpdir(), "wasmiko-haproxy-"));
	const port = await freePort();
	const cutter = await new Cutter(port).start();
	const first = await startReplica("gw1", `127.0.0.1:${cutter.port}`);
	const second = await startReplica("gw2", `127.0.0.1:${cutter.port}`);
	const haproxy = await startHAProxy(port, dir, [first, second]);
	const tabs = page.getByRole("tab");
	const app = new App(page);
	/** A shell each says a word of its own. */
	const goOn = async (word: string, which = tabs) => {
		for (const tab of await which.all()) {
			await tab.click();
			await app.terminal.run(`echo ${word}''-here`);
			await app.terminal.shows(new RegExp(`^${word}-here$`, "m"));
		}
	};
	try {
		await app.open(`http://127.0.0.1:${cutter.port}/`);
		for (let i = 0; i < 4; i++) {
			if (i === 0) {
				await app.session(sshd);
				continue;
			}
			await app.button("New session").click();
			// The page has the key by now.
			await app.connect(`${sshd.passwordUser ?? sshd.username}@127.0.0.1:${sshd.port}`);
			await app.trust();
			await app.connected();
		}
		const [ofFirst, ofSecond] = [await sessions(first), await sessions(second)];
		expect(ofFirst + ofSecond).toBe(4);
		expect(Math.min(ofFirst, ofSecond), `they do not spread: ${ofFirst} and ${ofSecond}`).toBeGreaterThan(0);

		// Each comes back to its own.
		cutter.cut();
		await goOn("back");
		expect([await sessions(first), await sessions(second)]).toEqual([ofFirst, ofSecond]);

		const killed = Date.now();
		await second.wasmiko.child.stop("SIGKILL");
		const lost = tabs.and(page.getByRole("tab", { name: /, Connection to \S+ lost/ }));
		await expect(lost).toHaveCount(ofSecond);
		expect(Date.now() - killed, "the page says it late").toBeLessThan(5000);
		const alive = page.getByRole("tab", { name: /, Connected to / });
		await expect(alive).toHaveCount(ofFirst);
		await goOn("untouched", alive);

		first.wasmiko.child.process.kill("SIGTERM");
		await expect(page.getByText("The gateway will be restarted.").first()).toBeAttached();
		await goOn("draining", alive);
		cutter.cut();
		await goOn("again", alive);
		expect(await sessions(first)).toBe(ofFirst);
	} finally {
		cutter.stop();
		await haproxy.stop("SIGKILL");
		for (const { wasmiko } of [first, second]) await wasmiko.child.stop("SIGKILL");
		rmSync(dir, { recursive: true });
	}
});

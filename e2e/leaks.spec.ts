/** Elements that come and go: what they leave in the page. */
import type { CDPSession, Page } from "@playwright/test";
import { openBare } from "./bare.ts";
import { expect, test } from "./fixtures.ts";

// biome-ignore lint/suspicious/noExplicitAny: what the page defines is what was built, not our sources
type Any = any;

/** What is alive in the page after a collection. */
type Living = Readonly<Record<string, number>>;

/** Counts timers that have not fired, which nothing else tells. */
function countTimers(): void {
	const live = new Set<unknown>();
	const w = window as Any;
	for (const [set, clear, again] of [
		["setTimeout", "clearTimeout", false],
		["setInterval", "clearInterval", true],
	] as const) {
		const start = w[set].bind(w);
		const stop = w[clear].bind(w);
		w[set] = (work: Any, ...rest: unknown[]) => {
			const id = start(
				(...values: unknown[]) => {
					if (!again) live.delete(id);
					work(...values);
				},
				...rest,
			);
			live.add(id);
			return id;
		};
		w[clear] = (id: unknown) => {
			live.delete(id);
			stop(id);
		};
	}
	w.liveTimers = () => live.size;
}

async function living(page: Page, cdp: CDPSession): Promise<Living> {
	const kinds = ["Worker", "MessagePort", "ResizeObserver", "IntersectionObserver", "WebSocket"];
	const counts: Record<string, number> = { timers: await page.evaluate(() => (window as Any).liveTimers()) };
	for (const kind of [...kinds, "elements.SSHTerminal", "elements.SSHFiles"]) {
		const { result } = await cdp.send("Runtime.evaluate", { expression: `${kind}.prototype` });
		const { objects } = await cdp.send("Runtime.queryObjects", { prototypeObjectId: result.objectId ?? "" });
		const { result: length } = await cdp.send("Runtime.callFunctionOn", {
			objectId: objects.objectId ?? "",
			functionDeclaration: "function () { return this.length }",
			returnByValue: true,
		});
		counts[kind] = length.value;
		await cdp.send("Runtime.releaseObject", { objectId: objects.objectId ?? "" });
	}
	await cdp.send("HeapProfiler.collectGarbage");
	const { nodes, jsEventListeners } = await cdp.send("Memory.getDOMCounters");
	return { ...counts, nodes, jsEventListeners };
}

/** A round: one that is only shown, one that is removed while it connects, one that is shown and moved, one with a session, one with files. */
function round(page: Page, port: number): Promise<void> {
	return page.evaluate(async (port) => {
		const options = { host: "127.0.0.1", port, username: "robey", password: "foo" };
		const hostKey = { knownHosts: "", onUnknown: "warn" };
		const pause = () => new Promise((done) => setTimeout(done, 20));
		for (let i = 0; i < 5; i++) {
			const terminal = document.createElement("ssh-terminal") as Any;
			document.body.append(terminal);
			if (i === 1) void terminal.connect({ ...options, hostKey }).catch(() => {});
			if (i === 2) document.getElementById("elsewhere")?.append(terminal);
			if (i >= 3) await terminal.connect({ ...options, hostKey });
			if (i === 4) {
				terminal.openFiles();
				const files = terminal.shadowRoot.querySelector("ssh-files");
				while (files.shadowRoot.querySelector(".row [role=gridcell]") === null) await pause();
			}
			await pause();
			terminal.remove();
		}
	}, port);
}

test("fifty terminals come and go, and nothing stays: Workers, ports, observers, listeners, timers, nodes, memory", async ({
	page,
	wasmiko,
}) => {
	test.slow();
	await page.addInitScript(countTimers);
	await openBare(page, '<div id="elsewhere"></div>');
	const cdp = await page.context().newCDPSession(page);
	const heap = async () => (await cdp.send("Runtime.getHeapUsage")).usedSize;
	// What is made once a page, such as compiled modules and chunks, comes with the first round;
	// what V8 compiles as code gets hot, 0.8 MB, with those after it.
	for (let i = 0; i < 10; i++) await round(page, wasmiko.demoPort);
	await expect.poll(() => page.workers().length).toBe(0);
	let base = await living(page, cdp);
	// Its last timers may take their time.
	await expect(async () => {
		const before = base;
		base = await living(page, cdp);
		expect(base).toEqual(before);
		expect(base.timers).toBe(0);
	}).toPass();
	const heapBefore = await heap();
	for (let i = 0; i < 10; i++) await round(page, wasmiko.demoPort);
	await expect.poll(() => page.workers().length).toBe(0);
	await expect(async () => expect(await living(page, cdp)).toEqual(base)).toPass({ timeout: 20_000 });
	expect(base).toMatchObject({ Worker: 0, WebSocket: 0, "elements.SSHTerminal": 0, "elements.SSHFiles": 0 });
	const grown = (await heap()) - heapBefore;
	test.info().annotations.push({ type: "leaks", description: `${JSON.stringify(base)}; heap ${grown} bytes` });
	// Measured: 20 to 30 kB. One element that stays is many times that.
	expect(grown).toBeLessThan(300_000);
});

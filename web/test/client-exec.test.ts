import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { Core } from "../src/client/core.ts";
import { ExecError, SSHError, TimeoutError } from "../src/client/errors.ts";
import { exec } from "../src/client/exec.ts";
import type { TerminalModes } from "../src/client/modes.ts";
import { BytePort, type PortMessage, WINDOW } from "../src/client/port.ts";
import { openProcess, openShell, openSubsystem } from "../src/client/session.ts";
import type { ExecOptions, PTY } from "../src/client/types.ts";
import type { Exit } from "../src/client/wire.ts";

const ports: MessagePort[] = [];

/** A core with one session, whose command the test plays. */
class FakeCore {
	readonly calls: [method: string, params: unknown][] = [];
	readonly input: PortMessage[] = [];
	main: MessagePort | undefined;
	errors: MessagePort | undefined;
	exit: (exit: Exit) => void = () => {};
	lose: (error: SSHError) => void = () => {};
	started: () => void = () => {};

	open(): { stream: BytePort; port: MessagePort } {
		const { port1, port2 } = new MessageChannel();
		ports.push(port1, port2);
		return { stream: new BytePort(port1), port: port2 };
	}

	async call(method: string, params: unknown, options: { ports?: MessagePort[] } = {}): Promise<unknown> {
		this.calls.push([method, params]);
		if (method === "start") return this.#start(options.ports);
		if (method !== "wait") return {};
		return new Promise((resolve, reject) => {
			this.exit = resolve;
			this.lose = reject;
		});
	}

	#start([main, errors]: MessagePort[] = []): { session: number } {
		[this.main, this.errors] = [main, errors];
		if (main) main.onmessage = ({ data }) => void this.input.push(data);
		main?.postMessage(WINDOW);
		setTimeout(this.started);
		return { session: 1 };
	}

	/** The command says something and ends. */
	end(stdout: string, stderr: string, exit: Exit): void {
		this.main?.postMessage(Buffer.from(stdout));
		this.errors?.postMessage(Buffer.from(stderr));
		this.main?.postMessage(null);
		this.errors?.postMessage(null);
		this.exit(exit);
	}
}

function run(core: FakeCore, options: ExecOptions = {}) {
	return exec(core as unknown as Core, "make", options);
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

afterEach(() => {
	for (const port of ports.splice(0)) port.close();
});

describe("exec", () => {
	it("collects both streams and the exit, and gives the command EOF", async () => {
		const core = new FakeCore();
		core.started = () => core.end("out", "err", { status: 3 });
		const result = await run(core);
		assert.deepEqual(
			{ ...result, stdout: text(result.stdout), stderr: text(result.stderr) },
			{ status: 3, stdout: "out", stderr: "err" },
		);
		assert.equal(result.text(), "out");
		assert.ok(core.input.includes(null));
	});

	const inputs: [name: string, input: NonNullable<ExecOptions["input"]>][] = [
		["text", "héllo"],
		["bytes", new TextEncoder().encode("héllo")],
		["a stream", new Blob(["hé", "llo"]).stream()],
	];
	for (const [name, input] of inputs) {
		it(`sends ${name} as input`, async () => {
			const core = new FakeCore();
			core.started = () => setTimeout(() => core.end("", "", { status: 0 }), 20);
			await run(core, { input });
			const bytes = core.input.filter((m) => m instanceof Uint8Array);
			assert.equal(Buffer.concat(bytes).toString(), "héllo");
			assert.ok(core.input.includes(null));
		});
	}

	it("succeeds when the command does not read its input", async () => {
		const core = new FakeCore();
		core.started = () => {
			core.end("enough", "", { status: 0 });
			core.main?.postMessage({ code: "channel", message: "The command has ended." });
		};
		const result = await run(core, { input: "x".repeat(4 * WINDOW) });
		assert.equal(result.text(), "enough");
	});

	it("fails with the reason for which its input failed", async () => {
		const reason = new Error("disk gone");
		const input = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(reason) });
		await assert.rejects(run(new FakeCore(), { input }), reason);
	});

	const limits: [name: string, options: ExecOptions, check: (e: unknown) => boolean][] = [
		["takes too long", { timeout: 300 }, (e) => e instanceof TimeoutError && e.reason === "timeout"],
		["is silent for too long", { idleTimeout: 300 }, (e) => e instanceof TimeoutError && e.reason === "idle"],
		["writes too much", { maxOutput: 4 }, (e) => e instanceof ExecError && e.reason === "output-limit"],
	];
	for (const [name, options, check] of limits) {
		it(`breaks off a command that ${name}, and keeps what it said`, async () => {
			const core = new FakeCore();
			core.started = () => core.main?.postMessage(Buffer.from("partial"));
			const error = await run(core, options).catch((e: unknown) => e);
			assert.ok(check(error), String(error));
			const { maxOutput = 99 } = options;
			assert.equal(text((error as ExecError).stdout), "partial".slice(0, maxOutput));
			assert.deepEqual(core.calls.at(-1), ["close", { session: 1 }]);
		});
	}

	it("rejects with the signal's reason when aborted", async () => {
		const core = new FakeCore();
		const abort = new AbortController();
		const reason = new Error("enough");
		core.started = () => abort.abort(reason);
		await assert.rejects(run(core, { signal: abort.signal }), reason);
		assert.deepEqual(core.calls.at(-1), ["close", { session: 1 }]);
	});

	it("keeps the output when the connection is lost", async () => {
		const core = new FakeCore();
		core.started = () => {
			core.main?.postMessage(Buffer.from("so far"));
			for (const port of [core.main, core.errors]) port?.postMessage({ code: "closed", message: "Gone." });
			core.lose(new SSHError("closed", "Gone.", { reason: "server", hint: "Again." }));
		};
		const error = await run(core).catch((e: unknown) => e);
		assert.ok(error instanceof ExecError && error.code === "closed");
		assert.equal(text(error.stdout), "so far");
	});

	it("refuses an empty command", async () => {
		await assert.rejects(exec(new FakeCore() as unknown as Core, "", {}), /use shell\(\)/);
	});
});

describe("a pseudo-terminal", () => {
	const start = async (pty: PTY): Promise<unknown> => {
		const core = new FakeCore();
		await openProcess(core as unknown as Core, "stty -a", { pty });
		return core.calls[0];
	};

	it("has its modes set by the opcodes of RFC 4254", async () => {
		const modes = [
			{ opcode: 53, value: 0 },
			{ opcode: 3, value: 127 },
			{ opcode: 42, value: 1 },
		];
		assert.deepEqual(await start({ modes: { ECHO: 0, VERASE: 127, IUTF8: true } }), [
			"start",
			{ line: "stty -a", subsystem: "", env: {}, pty: { term: "xterm-256color", cols: 80, rows: 24, modes } },
		]);
	});

	for (const [what, modes] of [
		["a mode that does not exist", { ECHOO: 1 }],
		["a mode by an inherited name", { toString: 1 }],
		["a negative value", { ECHO: -1 }],
		["a value beyond 32 bits", { ECHO: 2 ** 32 }],
		["half a value", { ECHO: 0.5 }],
	] as const)
		it(`refuses ${what}`, async () => {
			await assert.rejects(start({ modes: modes as TerminalModes }), TypeError);
		});
});

describe("a subsystem", () => {
	it("is asked for by its name", async () => {
		const core = new FakeCore();
		await openSubsystem(core as unknown as Core, "netconf", {});
		assert.deepEqual(core.calls[0], ["start", { line: "", subsystem: "netconf", env: {} }]);
	});

	it("needs a name", async () => {
		await assert.rejects(openSubsystem(new FakeCore() as unknown as Core, "", {}), TypeError);
	});
});

describe("a shell", () => {
	it("hands output to a sink, grants credit as it is consumed, and resolves at the end", async () => {
		const core = new FakeCore();
		const shell = await openShell(core as unknown as Core, { cols: 100, rows: 30 });
		const seen: Uint8Array[] = [];
		const ended = shell.attach((chunk, done) => {
			seen.push(chunk);
			done();
		});
		core.main?.postMessage(Buffer.from("prompt$ "));
		core.main?.postMessage(new Uint8Array(WINDOW / 2));
		core.main?.postMessage(null);
		await ended;
		assert.equal(text(seen[0] ?? new Uint8Array()), "prompt$ ");
		assert.ok(Math.max(...seen.map((chunk) => chunk.byteLength)) <= 4 * 1024, "a long chunk comes in short pieces");
		assert.equal(Buffer.concat(seen).byteLength, 8 + WINDOW / 2);
		assert.deepEqual(core.calls[0], [
			"start",
			{ line: "", subsystem: "", env: {}, pty: { term: "xterm-256color", cols: 100, rows: 30 } },
		]);
	});

	it("sends keystrokes without waiting and says how much waits", async () => {
		const core = new FakeCore();
		const shell = await openShell(core as unknown as Core, {});
		shell.send(new Uint8Array(2 * WINDOW));
		assert.ok(shell.pending > 0);
		await new Promise((resolve) => setTimeout(resolve, 20));
		assert.equal(shell.pending, WINDOW);
		core.main?.postMessage(WINDOW);
		await new Promise((resolve) => setTimeout(resolve, 20));
		assert.equal(shell.pending, 0);
	});

	const sizes: [cols: number, rows: number][] = [
		[0, 24],
		[80, -1],
		[80.5, 24],
		[70_000, 24],
	];
	for (const [cols, rows] of sizes) {
		it(`has no size of ${cols} by ${rows}`, async () => {
			await assert.rejects(openShell(new FakeCore() as unknown as Core, { cols, rows }), RangeError);
		});
	}
});

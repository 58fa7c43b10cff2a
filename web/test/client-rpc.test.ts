import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AuthError, HostKeyError, SSHError } from "../src/client/errors.ts";
import { type CallPort, type Handlers, Rpc, type RpcMessage } from "../src/client/rpc.ts";
import { pageCalls } from "../src/client/wire.ts";

/** The core, message by message. */
class FakeCore implements CallPort {
	onmessage: CallPort["onmessage"] = null;
	readonly sent: RpcMessage[] = [];
	closed = false;

	postMessage(message: RpcMessage): void {
		this.sent.push(message);
	}

	close(): void {
		this.closed = true;
	}

	deliver(message: RpcMessage): void {
		this.onmessage?.({ data: message });
	}
}

const refuse = () => {
	throw new Error("not asked for in this test");
};
const silent = Object.fromEntries(pageCalls.map((method) => [method, refuse])) as unknown as Handlers;

function pair(handlers: Partial<Handlers> = {}): { rpc: Rpc; core: FakeCore } {
	const core = new FakeCore();
	return { rpc: new Rpc(core, { ...silent, ...handlers }), core };
}

const turn = () => new Promise(setImmediate);
const start = { line: "ls", subsystem: "", env: {} };
const failure = { code: "channel", reason: "resources", message: "No room.", hint: "Close one." } as const;

describe("a call of the core", () => {
	it("resolves with the result, whatever the order of the answers", async () => {
		const { rpc, core } = pair();
		const first = rpc.call("wait", { session: 1 });
		const second = rpc.call("start", start);
		assert.deepEqual(core.sent[0], { id: 1, method: "wait", params: { session: 1 }, ports: [] });
		core.deliver({ id: 2, result: { session: 9 } });
		core.deliver({ id: 1, result: { status: 0 } });
		assert.deepEqual(await second, { session: 9 });
		assert.deepEqual(await first, { status: 0 });
	});

	it("rejects with the core's error", async () => {
		const { rpc, core } = pair();
		const call = rpc.call("start", start);
		core.deliver({ id: 1, error: failure });
		await assert.rejects(call, { name: "SSHError", ...failure });
	});

	it("rejects with the signal's reason when aborted, cancels, and ignores the late answer", async () => {
		const { rpc, core } = pair();
		const abort = new AbortController();
		const call = rpc.call("start", start, { signal: abort.signal });
		const reason = new Error("changed my mind");
		abort.abort(reason);
		await assert.rejects(call, reason);
		assert.deepEqual(core.sent[1], { id: 1, cancel: true });
		core.deliver({ id: 1, result: { session: 1 } });
	});

	it("is not made when the signal was aborted before", async () => {
		const { rpc, core } = pair();
		const reason = new Error("too late");
		await assert.rejects(rpc.call("start", start, { signal: AbortSignal.abort(reason) }), reason);
		assert.deepEqual(core.sent, []);
	});

	it("rejects when the core dies, and so do all later ones", async () => {
		const { rpc, core } = pair();
		const call = rpc.call("wait", { session: 1 });
		const dead = new SSHError("internal", "The SSH core stopped.");
		rpc.end(dead);
		await assert.rejects(call, dead);
		await assert.rejects(rpc.call("info", {}), dead);
		assert.equal(core.closed, true);
	});

	it("is refused after the connection's end, while pending ones are still answered", async () => {
		const { rpc, core } = pair();
		const call = rpc.call("wait", { session: 1 });
		const gone = new SSHError("closed", "gone");
		rpc.refuse(gone);
		await assert.rejects(rpc.call("info", {}), gone);
		const settled = rpc.settled();
		core.deliver({ id: 1, result: { status: 3 } });
		assert.deepEqual(await call, { status: 3 });
		await settled;
	});
});

describe("a question of the core", () => {
	const ask = { index: 0, attempt: 1, username: "robey", host: "db1", step: 1 };

	it("is answered by its handler", async () => {
		const { core } = pair({ askPassword: async ({ attempt }) => ({ secret: Uint8Array.of(attempt) }) });
		core.deliver({ id: 7, method: "askPassword", params: ask });
		await turn();
		assert.deepEqual(core.sent, [{ id: 7, result: { secret: Uint8Array.of(1) } }]);
	});

	it("is failed when its handler throws, and what was thrown becomes the cause, not the core's business", async () => {
		const thrown = new Error("secret detail");
		const { rpc, core } = pair({ askPassword: () => Promise.reject(thrown) });
		const call = rpc.call("info", {});
		core.deliver({ id: 7, method: "askPassword", params: ask });
		await turn();
		const answer = core.sent[1];
		assert.ok(answer && "error" in answer && answer.error.code === "aborted");
		assert.ok(!JSON.stringify(answer).includes("secret detail"));
		const error = {
			code: "auth",
			reason: "cancelled",
			message: "Login was cancelled.",
			auth: { tried: [], allowed: [] },
		};
		core.deliver({ id: 1, error: { ...error, code: "auth" } });
		await assert.rejects(call, { name: "AuthError", reason: "cancelled", cause: thrown });
	});

	it("is aborted when the core takes it back", async () => {
		let reason: unknown;
		const { core } = pair({
			askPassword: (_, signal) =>
				new Promise((_resolve, reject) => {
					signal.addEventListener("abort", () => {
						reason = signal.reason;
						reject(signal.reason);
					});
				}),
		});
		core.deliver({ id: 7, method: "askPassword", params: ask });
		core.deliver({ id: 7, cancel: true });
		await turn();
		assert.equal((reason as Error).name, "AbortError");
	});

	it("is failed when nobody knows it", async () => {
		const { core } = pair();
		core.deliver({ id: 7, method: "askEverything", params: {} });
		await turn();
		assert.ok("error" in (core.sent[0] ?? {}));
	});
});

describe("an error of the core", () => {
	const rejected = async (error: Parameters<FakeCore["deliver"]>[0] & object) => {
		const { rpc, core } = pair();
		const call = rpc.call("info", {});
		core.deliver(error);
		return call.then(
			() => assert.fail("resolved"),
			(e: unknown) => e,
		);
	};

	it("about a host key carries both keys", async () => {
		const offered = {
			host: "db1",
			port: 22,
			type: "ssh-ed25519",
			fingerprint: "SHA256:x",
			key: Uint8Array.of(1),
			line: "db1 ssh-ed25519 AQ==",
			sameKeyAs: [],
			otherKnown: [],
		};
		const known = [{ type: "ssh-ed25519", fingerprint: "SHA256:y", line: "db1 …", lineNumber: 3 }];
		const e = await rejected({
			id: 1,
			error: {
				code: "hostkey",
				reason: "changed",
				message: "Changed.",
				hostKey: { reason: "changed", offered: { hop: 0, ...offered }, known, expected: ["SHA256:z"] },
			},
		});
		assert.ok(e instanceof HostKeyError && e instanceof SSHError);
		assert.deepEqual(
			[e.name, e.code, e.reason, e.offered, e.known, e.expected],
			["HostKeyError", "hostkey", "changed", offered, known, ["SHA256:z"]],
		);
	});

	it("about the login tells what was tried and what is allowed", async () => {
		const e = await rejected({
			id: 1,
			error: { code: "auth", reason: "denied", message: "No.", auth: { tried: ["password"], allowed: ["publickey"] } },
		});
		assert.ok(e instanceof AuthError);
		assert.deepEqual([e.tried, e.allowed, e.hint, e.cause], [["password"], ["publickey"], "", undefined]);
	});
});

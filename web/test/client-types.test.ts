// Type tests: that they compile is the test. Each @ts-expect-error fails the
// compiler when the mistake below it would be accepted.
import assert from "node:assert/strict";
import { it } from "node:test";
import type * as Client from "../src/client/index.ts";
import type { Rpc } from "../src/client/rpc.ts";
import type { CoreCalls, PageCalls } from "../src/client/wire.ts";
import { coreCalls, pageCalls } from "../src/client/wire.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(..._: Same<A, B> extends true ? [] : [never]) => {};

export async function connecting(connect: typeof Client.connect): Promise<void> {
	const base = { relay: "/relay", host: "db1", username: "robey", hostKey: { pin: "SHA256:…" } } as const;
	const client = await connect({ ...base, auth: [{ type: "password", password: () => Promise.resolve("foo") }] });
	await connect({
		...base,
		auth: [{ type: "password", password: ({ attempt, signal }) => `${attempt}${signal.aborted}` }],
	});
	await connect({ ...base, relay: new TransformStream<Uint8Array, Uint8Array>(), auth: [] });
	// @ts-expect-error: no default host key policy is safe
	await connect({ relay: "/relay", host: "db1", username: "robey", auth: [] });
	// @ts-expect-error: nothing ignores unknown keys
	await connect({ ...base, auth: [], hostKey: { knownHosts: "", onUnknown: "ignore" } });
	// @ts-expect-error: a password entry has a password
	await connect({ ...base, auth: [{ type: "password" }] });
	const result = await client.exec("ls", { input: "x", timeout: 1000 });
	same<typeof result.stdout, Uint8Array>();
	same<typeof result.status, number | undefined>();
	client.addEventListener("banner", (event) => same<typeof event.detail, string>());
	client.addEventListener("statechange", ({ detail }) => same<typeof detail, Client.ClientState>());
	await using process = await client.spawn("cat", { pty: { cols: 100 } });
	await new Response(process.readable).text();
	const shell = await client.shell({ cols: 80, rows: 24 });
	shell.attach((chunk, consumed) => (chunk.byteLength > 0 ? consumed() : undefined));
	// @ts-expect-error: a process without a terminal has no size
	process.resize(80, 24);
}

export function failing(error: unknown, types: typeof Client): void {
	if (error instanceof types.TimeoutError) same<typeof error.stdout, Uint8Array>();
	if (error instanceof types.HostKeyError)
		same<typeof error.reason, "unknown" | "changed" | "revoked" | "mismatch" | "disputed">();
	if (error instanceof types.AuthError) same<typeof error.allowed, readonly string[]>();
	// @ts-expect-error: no such code
	if (error instanceof types.SSHError && error.code === "hostKey") throw error;
}

export function calling(rpc: Rpc): void {
	same<ReturnType<typeof rpc.call<"wait">>, Promise<CoreCalls["wait"]["result"]>>();
	void rpc.call("resize", { session: 1, cols: 80, rows: 24 });
	// @ts-expect-error: no such call
	void rpc.call("resise", { session: 1, cols: 80, rows: 24 });
	// @ts-expect-error: rows are missing
	void rpc.call("resize", { session: 1, cols: 80 });
}

it("every call of the tables has a name of its own", () => {
	const names: (keyof CoreCalls | keyof PageCalls)[] = [...coreCalls, ...pageCalls];
	assert.equal(new Set(names).size, names.length);
});

/** What a server's programs may do with keys that were lent. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { KeyUse, Passkey } from "../src/client/index.ts";
import { generateKey } from "../src/client/webkey.ts";
import type { PromptEvent } from "../src/element/events.ts";
import { lendingAgent } from "../src/element/lending.ts";

const silent = (): Promise<never> => Promise.reject(new DOMException("nobody is here", "AbortError"));

function page(answer: (use: KeyUse) => boolean): { target: EventTarget; uses: KeyUse[] } {
	const target = new EventTarget();
	const uses: KeyUse[] = [];
	target.addEventListener("ssh-key-use", (event) => {
		const prompt = event as PromptEvent<KeyUse, boolean>;
		uses.push(prompt.question);
		prompt.respondWith(answer(prompt.question));
	});
	return { target, uses };
}

const forwarded = { forwarded: true, host: "db1", username: "me", algorithm: "ssh-ed25519", data: new Uint8Array(1) };

test("only keys that the browser holds are lent: no text, no passkey", async () => {
	const { target } = page(() => true);
	const passkey: Passkey = { kind: "passkey", id: new Uint8Array(1), publicKey: new Uint8Array(4), rpId: "x" };
	const keys = [
		{ name: "text", key: "-----BEGIN …" },
		{ name: "bytes", key: new Uint8Array(3) },
		{ name: "passkey", key: passkey },
		{ name: "held", key: await generateKey() },
	];
	const listed = await lendingAgent(target, silent, keys).list();
	assert.deepEqual(
		listed.map(({ comment }) => comment),
		["held"],
	);
});

test("each use asks, and after three refusals in a row nobody is asked again", async () => {
	const answers = [false, false, true, false, false, false, true];
	const { target, uses } = page(() => answers.shift() ?? true);
	const agent = lendingAgent(target, silent, [{ name: "held", key: await generateKey() }]);
	const { signal } = new AbortController();
	const publicKey = (await agent.list())[0]?.publicKey ?? new Uint8Array();
	const outcomes: boolean[] = [];
	for (let i = 0; i < 8; i++) {
		const made = agent.sign({ ...forwarded, publicKey, signal });
		outcomes.push(
			await made.then(
				() => true,
				() => false,
			),
		);
	}
	assert.deepEqual(outcomes, [false, false, true, false, false, false, false, false]);
	assert.equal(uses.length, 6);
	assert.ok(uses.every((use) => use.comment === "held" && use.host === "db1"));
});

test("where nobody answers, the answer is no", async () => {
	const agent = lendingAgent(new EventTarget(), silent, [{ name: "held", key: await generateKey() }]);
	const publicKey = (await agent.list())[0]?.publicKey ?? new Uint8Array();
	const { signal } = new AbortController();
	await assert.rejects(agent.sign({ ...forwarded, publicKey, signal }), { name: "NotAllowedError" });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { describeKeys, PendingKeys, pendingLimit } from "../src/element/pending.ts";
import { describeAbsence, describeTime } from "../src/element/prompts/awaywords.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

for (const [typed, shown] of [
	["ls -la\r", "ls -la⏎"],
	["\x03", "^C"],
	["caf\u00e9\t", "café⇥"],
	["ab\x7f", "ab⌫"],
	["\x1b[A\x1bOB\x1b[C\x1b[D", "↑↓→←"],
	["\x1bq", "Esc q"],
	["\x00\x1f", "^@^_"],
] as const)
	test(`keys are shown as a keyboard has them: ${shown}`, () => {
		assert.equal(describeKeys(bytes(typed)), shown);
	});

test("waiting keys come back whole and in order, once", () => {
	const keys = new PendingKeys();
	for (const text of ["a", "bc", "\u00e9\r"]) assert.equal(keys.add(bytes(text)), true);
	assert.equal(String(keys), "abcé⏎");
	assert.deepEqual(keys.take(), bytes("abcé\r"));
	assert.equal(keys.size, 0);
	assert.deepEqual(keys.take(), bytes(""));
});

test("waiting keys have a bound, and what does not fit changes nothing", () => {
	const keys = new PendingKeys();
	assert.equal(keys.add(new Uint8Array(pendingLimit - 1)), true);
	assert.equal(keys.add(bytes("xy")), false);
	assert.equal(keys.size, pendingLimit - 1);
	assert.equal(keys.add(bytes("x")), true);
	assert.equal(keys.add(bytes("x")), false);
});

const link = { up: false, attempt: 3, waitMs: 4000, awayMs: 1000, holdMs: 900_000 };

for (const [name, passed, state, want] of [
	["a wait counts down", 1500, link, /^Trying again in 3 s \(attempt 3\)\. Nothing is lost: .* 15 minutes\.$/],
	["at its end it is an attempt", 4100, link, /^Trying \(attempt 3\)\. /],
	["the first attempt has no number", 0, { ...link, attempt: 1, waitMs: 0 }, /^Trying\. /],
	["after the hold there is little hope", 0, { ...link, awayMs: 900_001 }, /given the session up/],
] as const)
	test(name, () => {
		assert.match(describeAbsence(state, passed), want);
	});

for (const [ms, want] of [
	[900, "1 s"],
	[20_000, "20 s"],
	[61_000, "a minute"],
	[900_000, "15 minutes"],
	[28_800_000, "8 hours"],
] as const)
	test(`${ms} ms are ${want}`, () => {
		assert.equal(describeTime(ms), want);
	});

import assert from "node:assert/strict";
import { test } from "node:test";
import { PromptEvent } from "../src/element/events.ts";

test("a question that nobody answers is left to the dialog", () => {
	assert.equal(PromptEvent.ask(new EventTarget(), "ssh-password", {}), undefined);
});

test("a listener's answer is the answer", async () => {
	const target = new EventTarget();
	target.addEventListener("ssh-password", (event) => (event as PromptEvent<object, string>).respondWith("foo"));
	assert.equal(await PromptEvent.ask(target, "ssh-password", {}), "foo");
});

test("an answer may come later, and may be a refusal", async () => {
	const target = new EventTarget();
	target.addEventListener("ssh-password", (event) => {
		(event as PromptEvent<object, string>).respondWith(Promise.reject(new Error("no")));
	});
	await assert.rejects(async () => PromptEvent.ask(target, "ssh-password", {}), /no/);
});

test("the first who answers is the only one", async () => {
	const target = new EventTarget();
	for (const name of ["first", "second"]) {
		target.addEventListener("ssh-password", (event) => (event as PromptEvent<object, string>).respondWith(name));
	}
	assert.equal(await PromptEvent.ask(target, "ssh-password", {}), "first");
});

test("an answer after the event is a mistake", () => {
	const event = new PromptEvent("ssh-password", {});
	assert.throws(() => event.respondWith("late"), { name: "InvalidStateError" });
});

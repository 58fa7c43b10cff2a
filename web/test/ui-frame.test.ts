/** The messages between a portal and a framed terminal: what either takes from the other. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { asFromFrame, asToFrame, problemOf } from "../src/frame/messages.ts";

for (const [name, options, problem] of [
	["a target", { host: "db1", port: 22, username: "ops", theme: "dark", fontSize: 14, readonly: true }, undefined],
	["a ticket and a language", { ticket: "a.b.c", locale: "de-AT" }, undefined],
	["no object", "db1", /no object/],
	["a list", [], /no object/],
	["a command", { command: "rm" }, /no option “command”/],
	["what every object has", JSON.parse('{"__proto__": 1}'), /no option “__proto__”/],
	["a port that is none", { port: 65_536 }, /“port”/],
	["a fingerprint that is none", { fingerprint: "MD5:00" }, /“fingerprint”/],
	["a language that is markup", { locale: "<b>" }, /“locale”/],
	["a ticket without end", { ticket: "x".repeat(20_000) }, /“ticket”/],
] as const)
	test(`options from a portal: ${name}`, () => {
		if (problem === undefined) assert.equal(problemOf(options), undefined);
		else assert.match(problemOf(options) ?? "", problem);
	});

for (const [name, data, taken] of [
	["to connect", { type: "connect", options: { host: "db1" } }, true],
	["to connect with a command", { type: "connect", options: { command: "rm" } }, false],
	["to change the colours", { type: "theme", theme: "light" }, true],
	["a theme that there is not", { type: "theme", theme: "pink" }, false],
	["to say that there is no ticket", { type: "ticket" }, true],
	["keys to be typed", { type: "input", text: "rm" }, false],
	["nothing", null, false],
] as const)
	test(`a portal tells the frame ${name}`, () => assert.equal(asToFrame(data) !== undefined, taken));

for (const [name, data, heard] of [
	[
		"a state",
		{ type: "state", state: "ready", text: "Connected" },
		{ type: "state", state: "ready", text: "Connected" },
	],
	["a state that there is not", { type: "state", state: "owned", text: "" }, undefined],
	["an exit without a status", { type: "exit" }, { type: "exit" }],
	["an exit whose status is a text", { type: "exit", status: "0" }, undefined],
	["a title with more than a title", { type: "title", title: "t", screen: "secret" }, { type: "title", title: "t" }],
	["a title without end", { type: "title", title: "x".repeat(300) }, undefined],
	[
		"an error",
		{ type: "error", code: "dial", message: "m", hint: "" },
		{ type: "error", code: "dial", message: "m", hint: "" },
	],
	["an event of its own making", { type: "click" }, undefined],
	["what every object has", { type: "constructor" }, undefined],
] as const)
	test(`a frame tells the portal ${name}`, () => assert.deepEqual(asFromFrame(data), heard));

import assert from "node:assert/strict";
import { test } from "node:test";
import { shortcutOf } from "../app/shortcuts.ts";
import { keyAction } from "../src/element/keys.ts";

/** A key as people write it: `Ctrl+Shift+KeyC`; the last part is the code. */
function key(text: string, sign = "") {
	const parts = text.split("+");
	const has = (name: string): boolean => parts.includes(name);
	return {
		code: parts.at(-1) ?? "",
		key: sign,
		ctrlKey: has("Ctrl"),
		shiftKey: has("Shift"),
		altKey: has("Alt"),
		metaKey: has("Meta"),
	};
}

const pc: [press: string, sign: string, want: string | undefined][] = [
	["Ctrl+Shift+KeyC", "C", "copy"],
	["Ctrl+Insert", "Insert", "copy"],
	["Ctrl+Shift+KeyV", "V", "paste"],
	["Shift+Insert", "Insert", "paste"],
	["Ctrl+Shift+KeyF", "F", "find"],
	["Ctrl+Shift+KeyM", "M", "tab-focus"],
	["Ctrl+Equal", "=", "font-larger"],
	["Ctrl+Minus", "-", "font-smaller"],
	["Ctrl+Digit0", "0", "font-reset"],
	["Ctrl+KeyC", "c", undefined],
	["Ctrl+KeyV", "v", undefined],
	["Ctrl+KeyF", "f", undefined],
	["Ctrl+KeyM", "m", undefined],
	["Ctrl+Shift+Minus", "_", undefined],
	["Ctrl+Alt+Shift+KeyC", "C", undefined],
	["Insert", "Insert", undefined],
	["Meta+KeyC", "c", undefined],
	["F1", "F1", undefined],
];

for (const [press, sign, want] of pc) {
	test(`${press} on Linux and Windows: ${want ?? "the program's"}`, () =>
		assert.equal(keyAction(key(press, sign), false), want));
}

const mac: [press: string, sign: string, want: string | undefined][] = [
	["Meta+KeyC", "c", "copy"],
	["Meta+KeyV", "v", "paste"],
	["Meta+KeyF", "f", "find"],
	["Meta+Equal", "=", "font-larger"],
	["Ctrl+Shift+KeyM", "M", "tab-focus"],
	["Ctrl+KeyC", "c", undefined],
	["Ctrl+Minus", "-", undefined],
];

for (const [press, sign, want] of mac) {
	test(`${press} on a Mac: ${want ?? "the program's"}`, () => assert.equal(keyAction(key(press, sign), true), want));
}

const page: [press: string, onMac: boolean, want: object | undefined][] = [
	["Ctrl+Shift+KeyT", false, { action: "new" }],
	["Alt+Shift+KeyW", false, { action: "close" }],
	["Ctrl+Shift+ArrowRight", false, { action: "next" }],
	["Ctrl+Shift+ArrowLeft", false, { action: "previous" }],
	["Ctrl+Shift+KeyY", false, { action: "info" }],
	["Alt+Shift+Digit1", false, { action: "select", index: 0 }],
	["Alt+Shift+Digit9", false, { action: "select", index: 8 }],
	["Alt+Shift+Digit0", false, undefined],
	["Ctrl+KeyT", false, undefined],
	["Alt+KeyW", false, undefined],
	["Ctrl+Alt+Shift+KeyT", false, undefined],
	["Meta+Shift+KeyT", false, undefined],
	["Meta+Shift+KeyT", true, { action: "new" }],
	["Meta+Shift+BracketRight", true, { action: "next" }],
	["Meta+Shift+BracketLeft", true, { action: "previous" }],
];

for (const [press, onMac, want] of page) {
	test(`the page takes ${press}${onMac ? " on a Mac" : ""}: ${JSON.stringify(want)}`, () =>
		assert.deepEqual(shortcutOf(key(press), onMac), want));
}

/** What the element does with text that others wrote: servers, clipboards, links. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { remoteCopy, remoteLimit } from "../src/element/clipboard.ts";
import { safeLink } from "../src/element/links.ts";
import { countLines, largePaste, oneLine, type PasteRisk, pasteRisks, withoutControls } from "../src/element/paste.ts";
import { compare } from "../src/element/prompts/compare.ts";
import { randomart } from "../src/element/prompts/randomart.ts";
import { RateLimit } from "../src/element/rate.ts";
import { cleanTitle, isDrawing, promptLimit, showable } from "../src/element/untrusted.ts";

const shown: [name: string, text: string, want: string][] = [
	["plain text", "Password: ", "Password: "],
	["line ends of any kind", "a\r\nb\rc\nd", "a\nb\nc\nd"],
	["an escape sequence", "\x1b[31mred", "^[[31mred"],
	["a bell and a backspace", "a\x07\x08", "a^G^H"],
	["C1 controls", "a\x9b31m", "a\\u{9b}31m"],
	["a right-to-left override", "user\u202egpj.exe", "user\\u{202e}gpj.exe"],
	["a zero-width space", "a\u200bb", "a\\u{200b}b"],
	["markup", "<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"],
	["letters of the world", "Пароль für 山田 👩‍💻".replace("\u200d", ""), "Пароль für 山田 👩💻"],
];

for (const [name, text, want] of shown) {
	test(`a server's text is shown: ${name}`, () => assert.equal(showable(text), want));
}

test("a server's text is cut at 2 KiB", () => {
	assert.equal(showable("x".repeat(promptLimit)).length, promptLimit);
	assert.match(showable("x".repeat(promptLimit + 1)), /x… \(cut\)$/);
});

const drawn: [name: string, text: string, want: boolean][] = [
	["a QR code of half blocks", "█▀▀▀█ ▄\n█ ▄ █▄▀", true],
	["words", "Scan the code ☺ —", false],
];

for (const [name, text, want] of drawn) {
	test(`text is a drawing or is not: ${name}`, () => assert.equal(isDrawing(text), want));
}

const titles: [name: string, text: string, want: string][] = [
	["controls and bidi marks go", "a\x1b]0;\u202eb\x07", "a]0;b"],
	["white space is one space", "  vim\t\n notes  ", "vim notes"],
	["markup stays text", "<b>x</b>", "<b>x</b>"],
	["long ones are cut", "y".repeat(500), "y".repeat(120)],
];

for (const [name, text, want] of titles) {
	test(`a title is cleaned: ${name}`, () => assert.equal(cleanTitle(text), want));
}

const links: [name: string, text: string, want: string | undefined][] = [
	["https", "https://example.org/a?b#c", "https://example.org/a?b#c"],
	["http", "http://example.org", "http://example.org/"],
	["a look-alike host in punycode", "https://аpple.com/", "https://xn--pple-43d.com/"],
	["javascript", "javascript:alert(1)", undefined],
	["javascript in capitals", "JaVaScRiPt:alert(1)", undefined],
	["data", "data:text/html,x", undefined],
	["file", "file:///etc/passwd", undefined],
	["ssh", "ssh://host", undefined],
	["a user part that poses as the host", "https://bank.example@evil.example/", undefined],
	["a password part", "https://a:b@example.org/", undefined],
	["a control character", "https://example.org/\x1b", undefined],
	["a line end", "https://example.org/\njavascript:", undefined],
	["a bidi mark", "https://example.org/\u202e", undefined],
	["no address at all", "example.org", undefined],
	["endless", `https://example.org/${"x".repeat(5000)}`, undefined],
];

for (const [name, text, want] of links) {
	test(`a link in output: ${name}`, () => assert.equal(safeLink(text), want));
}

const pastes: [name: string, text: string, bracketed: boolean, want: PasteRisk[]][] = [
	["a word", "ls", false, []],
	["a word with its line end", "ls\n", false, ["lines"]],
	["two lines", "a\nb", false, ["lines"]],
	["two lines into a program that brackets", "a\nb", true, []],
	["ten thousand lines into a program that brackets", "line\n".repeat(10_000), true, []],
	["a long line", "x".repeat(largePaste + 1), false, ["size"]],
	["a long line into a program that brackets", "x".repeat(largePaste + 1), true, []],
	["an escape, bracketed or not", "a\x1b[201~b", true, ["controls"]],
	["a tab is no control here", "a\tb", true, []],
	["a bidi override", "a\u202eb", true, ["hidden"]],
	["the joiner of an emoji is nothing hidden", "👩‍💻", true, []],
	["all at once", `a\nb\x07\u200b${"x".repeat(largePaste)}`, false, ["lines", "controls", "hidden", "size"]],
];

for (const [name, text, bracketed, want] of pastes) {
	test(`a paste is judged: ${name}`, () => assert.deepEqual(pasteRisks(text, bracketed), want));
}

test("a paste is mended", () => {
	assert.equal(oneLine("echo a \\\r\n  b\n"), "echo a \\ b");
	assert.equal(withoutControls("a\x1b[201~\x07b\u202ec\td\n"), "a[201~bc\td\n");
	assert.equal(countLines("a\r\nb\n"), 2);
	assert.equal(countLines("a"), 1);
});

const copies: [name: string, data: string, want: string | undefined][] = [
	["text", `c;${btoa("hello")}`, "hello"],
	["UTF-8", `c;${Buffer.from("héllo 👍").toString("base64")}`, "héllo 👍"],
	["a question is never answered", "c;?", undefined],
	["bad base64", "c;%%%", undefined],
	["bytes that are no UTF-8", `c;${btoa("\xff\xfe")}`, undefined],
	["no semicolon", "hello", undefined],
	["too much", `c;${"A".repeat(remoteLimit * 2)}`, undefined],
];

for (const [name, data, want] of copies) {
	test(`OSC 52: ${name}`, () => assert.equal(remoteCopy(data), want));
}

const print = "SHA256:bgO0kQ2L9nQmJ2Wm5pUuTz2v7a0Jw3cQ9wXh1eYl2aM";
const comparisons: [name: string, text: string, want: string][] = [
	["nothing says nothing", "  ", ""],
	["the same", print, "same"],
	["without its prefix", print.slice(7), "same"],
	["a whole line of ssh-keygen", `256 ${print} root@db1 (ED25519)`, "same"],
	["with padding", `${print}=`, "same"],
	["another", print.replace("bgO0", "bgO1"), "other"],
	["half of it", print.slice(0, 20), "other"],
	["MD5", "MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48", "other"],
];

for (const [name, text, want] of comparisons) {
	test(`a fingerprint is compared: ${name}`, () => assert.equal(compare(text, print), want));
}

test("the picture is the one that ssh-keygen draws", () => {
	const drawn = [
		"+--[ED25519 256]--+",
		"|..oo.=o. oE@B ...|",
		"| ..++ o.. B++o.+.|",
		"|  o  o o.o.*.oo..|",
		"|     .+.. +.oo.. |",
		"|      =oS+  +..  |",
		"|     . o.  . .   |",
		"|                 |",
		"|                 |",
		"|                 |",
		"+----[SHA256]-----+",
	];
	assert.deepEqual(randomart("SHA256:wjYF+EOBgfAZ0336RUVk+gH5B4ZfRw6rdgGDLlcSSRQ", "ED25519 256").split("\n"), drawn);
});

test("a rate limit lets through so many in any window", () => {
	const limit = new RateLimit(2, 1000);
	assert.deepEqual(
		[0, 1, 2, 999, 1000, 1001, 1002].map((now) => limit.pass(now)),
		[true, true, false, false, true, true, false],
	);
});

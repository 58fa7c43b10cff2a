/** Names that servers choose: what is shown of them, and what they become on this computer. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Namer, numbered, safeName, showName } from "../src/element/files/names.ts";

// Names of archives and servers that have led out of a folder, or stood for something else, somewhere.
const corpus: [name: string, text: string, want?: string][] = [
	["a plain name stays", "report.txt", "report.txt"],
	["letters of the world stay", "grüße, 世界 🎉.txt", "grüße, 世界 🎉.txt"],
	["a dot file stays", ".bashrc", ".bashrc"],
	["inner dots stay", "a..b", "a..b"],
	["inner spaces stay", "my file", "my file"],
	["the folder itself", ".", "_"],
	["the folder above", "..", "__"],
	["three dots", "...", "___"],
	["dots and spaces", ".. ", "___"],
	["no name", "", "_"],
	["a slash", "/", "_"],
	["an absolute path", "/etc/passwd", "_etc_passwd"],
	["a way up", "../../etc/passwd", ".._.._etc_passwd"],
	["a way up within", "a/../../b", "a_.._.._b"],
	["a way up on Windows", "..\\..\\x", ".._.._x"],
	["a drive", "C:\\Windows\\x", "C__Windows_x"],
	["a drive's folder", "C:x", "C_x"],
	["a share", "\\\\server\\share", "__server_share"],
	["a device path", "\\\\?\\C:\\x", "____C__x"],
	["an alternate stream", "a.txt::$DATA", "a.txt__$DATA"],
	["a NUL in the middle", "a\0b", "a_b"],
	["a NUL before a way up", "..\0/x", "..__x"],
	["a line end", "a\nb", "a_b"],
	["an escape sequence", "a\x1b[2Jb", "a_[2Jb"],
	["a C1 control", "a\x9bb", "a_b"],
	["a right-to-left override", "user\u202egpj.exe", "user_gpj.exe"],
	["a zero-width space", "a\u200bb", "a_b"],
	["a byte order mark", "\ufeffa", "_a"],
	["a lone surrogate", "a\ud800b", "a_b"],
	["a device", "CON", "_CON"],
	["a device in small letters", "nul", "_nul"],
	["a device with an extension", "aux.txt", "_aux.txt"],
	["a device with two", "prn.tar.gz", "_prn.tar.gz"],
	["a port", "COM1", "_COM1"],
	["a printer", "lpt9.log", "_lpt9.log"],
	["a port with a superscript", "COM¹", "_COM¹"],
	["a console", "CONIN$", "_CONIN$"],
	["what only begins like a device", "console.log", "console.log"],
	["a dot at the end", "a.", "a_"],
	["spaces at the end", "a  ", "a__"],
	["a dot that is a space away", "a. .", "a___"],
	["a space before", " a", "_a"],
	["wildcards", "*?.txt", "__.txt"],
	["quotes and pipes", 'a"<>|b', "a____b"],
	["a tilde is only a letter", "~root", "~root"],
	["a dash is only a letter", "-rf", "-rf"],
	["markup is only letters but for its brackets", "<img onerror=x>", "_img onerror=x_"],
	["a fraction slash is only a letter", "a\u2044b", "a\u2044b"],
	["fullwidth dots and slash are only letters", "．．／x", "．．／x"],
	["an overlong one keeps its extension", `${"x".repeat(300)}.tar`, `${"x".repeat(236)}.tar`],
	["an overlong one of wide letters is cut between letters", "世".repeat(100), "世".repeat(80)],
	["an overlong one whose cut ends in dots", `${"a".repeat(235)}${".".repeat(60)}`],
];

test(`the corpus has more than forty hostile names`, () => assert.ok(corpus.length >= 45));

for (const [name, text, want] of corpus) {
	test(`a name for the disk: ${name}`, () => {
		const safe = safeName(text);
		if (want !== undefined) assert.equal(safe, want);
		assertHarmless(safe);
	});
}

test("every combination of hostile pieces stays one harmless name", () => {
	const pieces = ["..", "/", "\\", "\0", ":", ".", " ", "con", "\u202e", "a", "\n", "~"];
	for (const a of pieces)
		for (const b of pieces) for (const c of pieces) for (const d of pieces) assertHarmless(safeName(a + b + c + d));
});

/** Resolved below a folder on any system, the name stays right there. */
function assertHarmless(name: string): void {
	assert.ok(name.length > 0, "empty");
	assert.doesNotMatch(name, /[/\\:*?"<>|]/, name);
	assert.doesNotMatch(name, /\p{Cc}|\p{Cs}/u, JSON.stringify(name));
	assert.doesNotMatch(name, /[. ]$|^\s/, JSON.stringify(name));
	assert.doesNotMatch(name, /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i, name);
	assert.ok(Buffer.byteLength(name) <= 255, "too long");
}

test("names that meet on a disk without case get numbers", () => {
	const namer = new Namer();
	const names = ["Readme.md", "README.md", "readme.MD", "a:b", "a?b", "a_b", "straße", "STRASSE", "\u00e9", "e\u0301"];
	const taken = names.map((name) => namer.take(name));
	assert.deepEqual(taken.slice(0, 6), ["Readme.md", "README (2).md", "readme (3).MD", "a_b", "a_b (2)", "a_b (3)"]);
	assert.equal(new Set(taken.map((name) => name.normalize("NFC").toLowerCase())).size, names.length);
});

test("ten thousand files of one name stay ten thousand", () => {
	const namer = new Namer();
	const taken = new Set<string>();
	for (let i = 0; i < 2000; i++) taken.add(namer.take("same"));
	assert.equal(taken.size, 2000);
});

const numbers: [name: string, n: number, want: string][] = [
	["a.txt", 2, "a (2).txt"],
	["a", 3, "a (3)"],
	[".bashrc", 2, ".bashrc (2)"],
	["a.tar.gz", 2, "a.tar (2).gz"],
];
for (const [name, n, want] of numbers) test(`a number for ${name}`, () => assert.equal(numbered(name, n), want));

const shown: [name: string, text: string, want: string][] = [
	["a plain name", "a b.txt", "a b.txt"],
	["an escape sequence", "a\x1b]0;x\x07", "a^[]0;x^G"],
	["line ends and tabs", "a\nb\rc\td", "a^Jb^Mc^Id"],
	["a right-to-left override", "cod\u202etxt.exe", "cod\\u{202e}txt.exe"],
	["markup", "<b>x</b>", "<b>x</b>"],
];
for (const [name, text, want] of shown) test(`a name is shown: ${name}`, () => assert.equal(showName(text), want));

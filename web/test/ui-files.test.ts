/** The file panel's pure parts: paths, order, selection, keys, figures, texts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { directoryOf } from "../app/osc7.ts";
import type { Entry, Path } from "../src/client/filetypes.ts";
import { formatSize } from "../src/element/bytes.ts";
import { formatMode, formatOctal, formatSpan, parseOctal } from "../src/element/files/figures.ts";
import { gridKey } from "../src/element/files/gridkeys.ts";
import { Listing } from "../src/element/files/listing.ts";
import { crumbs, join, parent, pathText, samePath, typedPath } from "../src/element/files/paths.ts";
import { type Order, Selection } from "../src/element/files/selection.ts";
import { pictureType, type TextFile, toBytes, toText } from "../src/element/files/textfile.ts";

const bytes = (...parts: (string | number)[]) =>
	new Uint8Array(
		Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from([part])))),
	);

const parents: [name: string, path: Path, want: string][] = [
	["a file", "/a/b", "/a"],
	["a folder at the root", "/a", "/"],
	["the root itself", "/", "/"],
	["slashes at the end", "/a/b//", "/a"],
	["doubled slashes", "/a//b", "/a"],
	["bytes that are no UTF-8 go", bytes("/a/", 0xff), "/a"],
];
for (const [name, path, want] of parents) test(`the folder above: ${name}`, () => assert.equal(parent(path), want));

test("the folder above bytes stays bytes where it must", () => {
	const path = parent(bytes("/", 0xff, "/b"));
	assert.deepEqual(path, bytes("/", 0xff));
});

test("an entry's path is made of its bytes, not of what is shown of them", () => {
	assert.equal(join("/", { name: "a" }), "/a");
	assert.equal(join("/a", { name: "b" }), "/a/b");
	assert.deepEqual(join("/a", { name: "\\xff", raw: bytes(0xff) }), bytes("/a/", 0xff));
	assert.deepEqual(join(bytes("/", 0xff), { name: "b" }), bytes("/", 0xff, "/b"));
});

test("a path in bytes is shown with what is no UTF-8 escaped", () => {
	assert.equal(pathText(bytes("/grüße/", 0xff, 0xe2, "x")), "/grüße/\\xff\\xe2x");
	assert.equal(pathText(bytes("/a")), "/a");
});

test("the way to a folder leads through every one above it", () => {
	assert.deepEqual(
		crumbs("/a/b").map(({ name, path }) => [name, path]),
		[
			["/", "/"],
			["a", "/a"],
			["b", "/a/b"],
		],
	);
	assert.deepEqual(
		crumbs("/").map(({ name }) => name),
		["/"],
	);
});

test("paths are the same if their bytes are", () => {
	assert.ok(samePath("/a", bytes("/a")));
	assert.ok(!samePath("/a", "/b"));
	assert.ok(!samePath(bytes(0xff), "\\xff"));
});

const typed: [text: string, want: string][] = [
	["", "/home/u"],
	["~", "/home/u"],
	["~/x", "/home/u/x"],
	["/etc", "/etc"],
	["sub", "/srv/sub"],
	["../x", "/x"],
	["./a/../b", "/srv/b"],
	["/../../etc//x/", "/etc/x"],
];
for (const [text, want] of typed)
	test(`a typed path: “${text}”`, () => assert.equal(typedPath(text, "/srv", "/home/u"), want));

const file = (name: string, more: Partial<Entry> = {}): Entry => ({ name, type: "file", size: 1, ...more });
const ordered = <T>(rows: readonly T[]): Order<T> => ({ rows, indexOf: (row) => rows.indexOf(row) });
const names = (listing: Listing) => listing.rows.map(({ name }) => name).join(" ");

test("a list has folders first, counts by value, and takes no heed of case", () => {
	const listing = new Listing();
	listing.add([
		file("b10"),
		file("B9"),
		file("a"),
		file("z", { type: "directory" }),
		file(".dot"),
		file("é"),
		file("f"),
	]);
	assert.equal(names(listing), "z a B9 b10 é f");
	listing.sortBy("name");
	assert.equal(names(listing), "z f é b10 B9 a");
	listing.showHidden(true);
	assert.equal(names(listing), "z f é b10 B9 a .dot");
});

test("entries that come later take their place", () => {
	const listing = new Listing();
	for (const part of ["dbf", "ace", "", "g"]) listing.add([...part].map((name) => file(name)));
	assert.equal(names(listing), "a b c d e f g");
	listing.sortBy("size");
	listing.add([file("x", { size: 5 }), file("y", { size: 0 })]);
	assert.equal(names(listing), "x a b c d e f g y");
});

test("a hundred thousand entries that come in parts end in order", () => {
	const listing = new Listing();
	const all = Array.from({ length: 100_000 }, (_, i) => file(`file-${(i * 7919) % 100_000}.txt`));
	for (let i = 0; i < all.length; i += 5000) listing.add(all.slice(i, i + 5000));
	listing.sortBy("size");
	listing.sortBy("name");
	assert.equal(listing.rows[99_999]?.name, "file-99999.txt");
});

test("a row is found by the order as it is by looking at all", () => {
	const types: Entry["type"][] = ["file", "directory"];
	const all = Array.from({ length: 1000 }, (_, i) =>
		file(`${i % 7 ? "" : "."}n${(i * 7919) % 500}`, { size: i % 11, type: types[i % 2] ?? "file" }),
	);
	const listing = new Listing();
	listing.add(all);
	const look = () =>
		assert.deepEqual(
			all.map((entry) => listing.indexOf(entry)),
			all.map((entry) => listing.rows.indexOf(entry)),
		);
	look();
	for (const key of ["size", "size", "name", "name", "owner"] as const) {
		listing.sortBy(key);
		look();
	}
	listing.showHidden(true);
	look();
	assert.equal(listing.indexOf(file("n1")), -1);
	listing.clear();
	assert.equal(listing.indexOf(file("n1")), -1);
});

test("a few of many rows are selected in the order of the list, as all of them are", () => {
	const listing = new Listing();
	listing.add(Array.from({ length: 1000 }, (_, i) => file(`n${i}`)));
	const selection = new Selection<Entry>();
	const chosen = () => selection.in(listing).map(({ name }) => name);
	for (const at of [700, 3, 250]) selection.move(listing, at, at === 700 ? "only" : "toggle");
	assert.deepEqual(chosen(), ["n3", "n250", "n700"]);
	listing.sortBy("name");
	assert.deepEqual(chosen(), ["n700", "n250", "n3"]);
	selection.all(listing.rows);
	assert.deepEqual(selection.in(listing), listing.rows);
	listing.clear();
	assert.deepEqual(chosen(), []);
});

test("typing finds the next name that begins so, round the end", () => {
	const listing = new Listing();
	listing.add(["apple", "Apricot", "banana"].map((name) => file(name)));
	assert.equal(listing.search("ap", 0), 0);
	assert.equal(listing.search("ap", 1), 1);
	assert.equal(listing.search("a", 2), 0);
	assert.equal(listing.search("x", 0), -1);
});

test("a selection: alone, one more, all up to, and none", () => {
	const rows = ordered([..."abcdef"]);
	const selection = new Selection<string>();
	const chosen = () => selection.in(rows).join("");
	selection.move(rows, 1, "only");
	selection.move(rows, 3, "toggle");
	assert.equal(chosen(), "bd");
	selection.move(rows, 5, "range");
	assert.equal(chosen(), "def");
	selection.move(rows, 2, "range");
	assert.equal(chosen(), "cd");
	selection.move(rows, 0, undefined);
	assert.equal(chosen(), "cd");
	assert.equal(selection.cursor, "a");
	selection.move(rows, 99, "only");
	assert.equal(chosen(), "f");
	selection.all(rows.rows);
	assert.equal(chosen(), "abcdef");
	selection.clear();
	assert.equal(chosen(), "");
});

test("a selection follows its names into a new listing", () => {
	const selection = new Selection<{ id: string }>();
	const old = ordered(["a", "b", "c"].map((id) => ({ id })));
	selection.move(old, 0, "only");
	selection.move(old, 2, "toggle");
	const fresh = ["c", "x", "b"].map((id) => ({ id }));
	selection.follow(fresh, ({ id }) => id);
	assert.deepEqual(selection.in(ordered(fresh)), [fresh[0]]);
	assert.equal(selection.cursor, fresh[0]);
});

const key = (name: string, more: object = {}) => ({
	key: name,
	ctrlKey: false,
	metaKey: false,
	shiftKey: false,
	altKey: false,
	...more,
});
const keys: [name: string, event: ReturnType<typeof key>, want: unknown][] = [
	["an arrow selects", key("ArrowDown"), { move: "down", reach: "only" }],
	["an arrow with Shift selects up to it", key("ArrowUp", { shiftKey: true }), { move: "up", reach: "range" }],
	["an arrow with Ctrl just moves", key("End", { ctrlKey: true }), { move: "last", reach: undefined }],
	["Ctrl+A selects all", key("a", { ctrlKey: true }), { act: "all" }],
	["Cmd+A too", key("a", { metaKey: true }), { act: "all" }],
	["Enter opens", key("Enter"), { act: "open" }],
	["Backspace goes up", key("Backspace"), { act: "up" }],
	["Alt+Up goes up", key("ArrowUp", { altKey: true }), { act: "up" }],
	["F2 renames", key("F2"), { act: "rename" }],
	["Delete deletes", key("Delete"), { act: "delete" }],
	["Space selects", key(" "), { act: "toggle" }],
	["Shift+F10 opens the menu", key("F10", { shiftKey: true }), { act: "menu" }],
	["a letter looks for a name", key("ä"), { type: "ä" }],
	["Ctrl+C is the browser's", key("c", { ctrlKey: true }), undefined],
	["Ctrl+Shift+L is the page's", key("L", { ctrlKey: true, shiftKey: true }), undefined],
	["F1 is the browser's", key("F1"), undefined],
	["Tab moves on", key("Tab"), undefined],
];
for (const [name, event, want] of keys)
	test(`a key of the list: ${name}`, () => assert.deepEqual(gridKey(event, false), want));

test("within a word, a space and a slash are letters", () => {
	assert.deepEqual(gridKey(key(" "), true), { type: " " });
	assert.deepEqual(gridKey(key("/"), true), { type: "/" });
});

test("figures are short", () => {
	const sizes = [0, 999, 1000, 9949, 9950, 123_456, 999_600, 60_000_000, 4_294_967_297, 5e15];
	assert.deepEqual(sizes.map(formatSize), [
		"0 B",
		"999 B",
		"1.0 kB",
		"9.9 kB",
		"10 kB",
		"123 kB",
		"1.0 MB",
		"60.0 MB",
		"4.3 GB",
		"5.0 PB",
	]);
	assert.deepEqual([1, 900, 59_400, 72_000, 7_500_000, 3e8].map(formatSpan), [
		"1 s",
		"1 s",
		"59 s",
		"1 min 12 s",
		"2 h 5 min",
		"3 days",
	]);
});

const modes: [mode: number, letters: string, octal: string][] = [
	[0o644, "rw-r--r--", "644"],
	[0o7777, "rwsrwsrwt", "7777"],
	[0o7000, "--S--S--T", "7000"],
	[0o1755, "rwxr-xr-t", "1755"],
	[0, "---------", "000"],
];
for (const [mode, letters, octal] of modes)
	test(`permissions ${octal}`, () => {
		assert.equal(formatMode(mode), letters);
		assert.equal(formatOctal(mode), octal);
		assert.equal(parseOctal(octal), mode);
	});

test("what is no permission is refused", () => {
	for (const text of ["", "8", "64", "999", "77777", "rwx", "0x1f", "-644"])
		assert.equal(parseOctal(text), undefined, text);
});

const texts: [name: string, bytes: Uint8Array, want: TextFile | string][] = [
	["Unix lines", bytes("a\nb\n"), { text: "a\nb\n", lineEnd: "\n", mark: false }],
	["Windows lines", bytes("a\r\nb\r\n"), { text: "a\nb\n", lineEnd: "\r\n", mark: false }],
	["no line end at the end", bytes("a\r\nb"), { text: "a\nb", lineEnd: "\r\n", mark: false }],
	["a byte order mark", bytes(0xef, 0xbb, 0xbf, "ä\n"), { text: "ä\n", lineEnd: "\n", mark: true }],
	["nothing", bytes(), { text: "", lineEnd: "\n", mark: false }],
	["mixed lines", bytes("a\r\nb\n"), "lineends"],
	["old Mac lines", bytes("a\rb"), "lineends"],
	["Latin-1", bytes("a", 0xe4), "encoding"],
	["half a letter", bytes(0xe2, 0x82), "encoding"],
	["binary", bytes("a", 0, "b"), "binary"],
];
for (const [name, data, want] of texts)
	test(`a text: ${name}`, () => {
		const read = toText(data);
		assert.deepEqual(read, want);
		if (typeof read === "object") assert.deepEqual(toBytes(read.text, read), data, "comes back byte for byte");
	});

const pictures: [name: string, bytes: Uint8Array, want: string | undefined][] = [
	["PNG", bytes(0x89, "PNG\r\n"), "image/png"],
	["JPEG", bytes(0xff, 0xd8, 0xff, 0xe0), "image/jpeg"],
	["GIF", bytes("GIF89a"), "image/gif"],
	["WebP", bytes("RIFF", 1, 2, 3, 4, "WEBP"), "image/webp"],
	["AVIF", bytes(0, 0, 0, 0x1c, "ftypavif"), "image/avif"],
	["SVG is a text", bytes("<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>"), undefined],
	["HTML is a text", bytes("<!doctype html>"), undefined],
	["a WAV is no picture", bytes("RIFF", 1, 2, 3, 4, "WAVE"), undefined],
	["nothing", bytes(), undefined],
];
for (const [name, data, want] of pictures) test(`a picture: ${name}`, () => assert.equal(pictureType(data), want));

const directories: [name: string, data: string, want: string | Uint8Array | undefined][] = [
	["a folder", "file://host/var/log", "/var/log"],
	["no host", "file:///tmp", "/tmp"],
	["percent signs", "file://h/a%20b/%C3%A4", "/a b/ä"],
	["letters as they are", "file://h/grüße%20x", "/grüße x"],
	["bytes that are no UTF-8", "file://h/%ff", bytes("/", 0xff)],
	["a percent sign that stands for itself", "file://h/100%", "/100%"],
	["kitty's kind is not encoded", "kitty-shell-cwd://h/a%20b", "/a%20b"],
	["another scheme", "https://h/x", undefined],
	["no path", "file://host", undefined],
	["a NUL", "file://h/a%00b", undefined],
	["endless", `file://h/${"x".repeat(5000)}`, undefined],
];
for (const [name, data, want] of directories)
	test(`the shell tells its folder: ${name}`, () => assert.deepEqual(directoryOf(data), want));

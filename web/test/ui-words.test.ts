/** The catalogue of the elements' words. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import { SSHError } from "../src/client/errors.ts";
import { describeProblem } from "../src/element/problems.ts";
import { english } from "../src/element/words/english.ts";
import { german } from "../src/element/words/german.ts";
import { formatCount, setLocale, setWords, t, type Word, type WordKey } from "../src/element/words/words.ts";

const keys = Object.keys(english) as WordKey[];

function forms(word: Word): string[] {
	return typeof word === "string" ? [word] : Object.values(word);
}

/** The holes of a word, those of all its forms together. */
function holes(word: Word): string[] {
	const found = forms(word).flatMap((form) => [...form.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ""));
	return [...new Set(found)].sort();
}

afterEach(async () => {
	setWords({});
	await setLocale("en");
});

test("a translation has every word, with the same holes", () => {
	for (const key of keys) {
		assert.ok(german[key], key);
		assert.deepEqual(holes(german[key]), holes(english[key]), key);
	}
});

test("no word is there that no element shows", () => {
	const sources = readdirSync("src/element", { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(".ts") && !name.startsWith("words"))
		.map((name) => readFileSync(`src/element/${name}`, "utf8"))
		.concat(readFileSync("app/embed.ts", "utf8"))
		.join("\n");
	const made = [...sources.matchAll(/t\(`([\w.-]+)\$\{/g)].map(([, start]) => start ?? "");
	const unused = keys.filter(
		(key) =>
			!sources.includes(`"${key}"`) &&
			!made.some((start) => key.startsWith(start) && !/[.-]/.test(key.slice(start.length))),
	);
	assert.deepEqual(unused, []);
});

test("numbers and plurals are those of the language", async () => {
	assert.equal(t("files.items", { n: 1 }), "1 item");
	assert.equal(t("files.items", { n: 12_345 }), "12,345 items");
	await setLocale("de-DE");
	assert.equal(t("files.items", { n: 1 }), "1 Eintrag");
	assert.equal(formatCount(1_234_567), "1.234.567");
});

test("a language with more forms than English picks among those that it is given", async () => {
	await setLocale("sk");
	setWords({ "files.items": { one: "{n} položka", few: "{n} položky", other: "{n} položiek" } });
	assert.deepEqual(
		[1, 3, 5].map((n) => t("files.items", { n })),
		["1 položka", "3 položky", "5 položiek"],
	);
	assert.equal(t("cancel"), "Cancel");
});

test("a page's words win over those of the language, until it takes them back", async () => {
	await setLocale("de");
	setWords({ "password.log-in": "Los" });
	assert.equal(t("password.log-in"), "Los");
	setWords({});
	assert.equal(t("password.log-in"), "Anmelden");
});

test("what a server says fills no holes of its own", () => {
	assert.equal(t("password.title", { user: "{host}", host: "db1" }), "Password for {host} on db1");
	setWords({ cancel: "{toString} {cancel}" });
	assert.equal(t("cancel"), "{toString} {cancel}");
});

test("a name that is no language is refused, and changes nothing", async () => {
	await assert.rejects(setLocale("not a language"), RangeError);
	assert.equal(t("cancel"), "Cancel");
});

test("a failure of the core is told in the page's words, and its code stays", async () => {
	const error = new SSHError("dial", 'Nothing listens on "db1".', { reason: "refused", hint: "Is sshd running?" });
	const where = { target: "ops@db1", keys: [] };
	await setLocale("de");
	const problem = describeProblem(error, where);
	assert.equal(problem.title, "Bei ops@db1 nimmt nichts die Verbindung an.");
	assert.equal(problem.todo, "Läuft sshd? Stimmt der Port?");
	assert.equal(problem.code, "dial/refused");
	assert.match(problem.details, /message: Nothing listens/);
	setWords({ "error.dial/refused": "Call 1234 about {where}." });
	assert.equal(describeProblem(error, where).title, "Call 1234 about ops@db1.");
});

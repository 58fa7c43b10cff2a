/** What the words of a server's questions are taken for, and which password answers them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AuthError, SSHError } from "../src/client/errors.ts";
import type { Ask, Challenge } from "../src/client/index.ts";
import { Passwords, reasonOf } from "../src/element/passwords.ts";
import { asksCode, asksPassword, partsOf, passwordPurpose } from "../src/element/prompts/wording.ts";

const { signal } = new AbortController();

function challenge(some: Partial<Challenge>): Challenge {
	const who = { host: "db1", username: "root", signal };
	return { name: "", instruction: "", prompts: [], round: 1, attempt: 1, step: 1, ...who, ...some };
}

function hidden(...texts: string[]): Challenge["prompts"] {
	return texts.map((text) => ({ text, echo: false }));
}

const passwords: [name: string, asked: Partial<Challenge>, want: boolean][] = [
	["PAM's prompt is a password's", { prompts: hidden("Password: ") }, true],
	["a prompt that names the account is", { prompts: hidden("root@db1's password: ") }, true],
	["a prompt for somebody is", { prompts: hidden("Password for root@db1:") }, true],
	["a name above it changes nothing", { name: "Demo board", prompts: hidden("Password: ") }, true],
	["a later round is not: it may want a new one", { round: 2, prompts: hidden("Password: ") }, false],
	["one of two prompts is not", { prompts: hidden("Password: ", "Code: ") }, false],
	["one that may be seen is not", { prompts: [{ text: "Password: ", echo: true }] }, false],
	["a one-time password is not", { prompts: hidden("One-time password: ") }, false],
	[
		"nor is it if only the instruction says so",
		{ instruction: "Use your token.", prompts: hidden("Password:") },
		false,
	],
	["a change of password is not", { prompts: hidden("New password: ") }, false],
	["a round that only informs is not", { instruction: "Password: " }, false],
];

for (const [name, asked, want] of passwords) {
	test(`a password is recognised: ${name}`, () => assert.equal(asksPassword(challenge(asked)), want));
}

for (const prompt of [
	...["Passwort: ", "Mot de passe : ", "Contraseña: ", "Senha:", "Wachtwoord: ", "Lösenord: ", "Hasło: ", "Heslo: "],
	...[
		"Пароль: ",
		"Κωδικός: ",
		"סיסמה: ",
		"密码：",
		"パスワード: ",
		"암호:",
		"Passwort für root:",
		"Mot de passe pour a@b : ",
	],
])
	test(`a password is recognised in its language: ${prompt}`, () =>
		assert.equal(asksPassword(challenge({ prompts: hidden(prompt) })), true));

const parts: [name: string, text: string, words: string, question: string][] = [
	["a question alone", "Verification code: ", "", "Verification code:"],
	["words before it", "Scan this:\r\n █▀\r\n ▀█\r\nCode: ", "Scan this:\n █▀\n ▀█", "Code:"],
	["a drawing first keeps its margin", "\n  █▀\n\nCode: \n", "  █▀", "Code:"],
	["nothing at all", "", "", ""],
];

for (const [name, text, words, question] of parts) {
	test(`a prompt has words and a question: ${name}`, () =>
		assert.deepEqual(partsOf({ text, echo: false }), { words, question }));
}

for (const [prompt, want] of [
	["Current password: ", "current-password"],
	["New password: ", "new-password"],
	["Retype new password: ", "new-password"],
	["Neues Passwort: ", "new-password"],
	["Geben Sie das neue Passwort erneut ein: ", "new-password"],
	["Nouveau mot de passe : ", "new-password"],
	["Aktuelles Passwort: ", "current-password"],
	["Новый пароль: ", "new-password"],
	["新しいパスワード: ", "new-password"],
	["PIN: ", "off"],
] as const)
	test(`a hidden prompt is for a ${want}: ${prompt}`, () => {
		assert.equal(passwordPurpose(prompt), want);
		if (want === "new-password") assert.equal(asksPassword(challenge({ prompts: hidden(prompt) })), false);
	});

const codes: [name: string, text: string, echo: boolean, asked: Partial<Challenge>, want: boolean][] = [
	["by the prompt's words", "Verification code: ", false, {}, true],
	["by a bare code that may be seen", "Code (it is 123456): ", true, {}, true],
	["by the name above", "Answer: ", true, { name: "One-time code" }, true],
	["by the instruction above", "Answer: ", true, { instruction: "Open your authenticator." }, true],
	["not by a hidden bare code: it may never change", "Access code: ", false, {}, false],
	["not where a password is asked for beside it", "Password: ", false, { name: "Password and token" }, false],
	["but a one-time password is one", "One-time password: ", false, {}, true],
	["not by an ordinary question", "Colour? ", true, {}, false],
];

for (const [name, text, echo, asked, want] of codes) {
	test(`a code is recognised: ${name}`, () => {
		const prompts = [{ text, echo }];
		assert.equal(asksCode({ text, echo }, challenge({ ...asked, prompts })), want);
	});
}

function ask(attempt = 1, step = 1): Ask {
	return { signal, host: "db1", username: "root", attempt, step };
}

test("a password at hand goes first, unless it was kept from the server's own questions", () => {
	assert.equal(new Passwords(undefined, undefined).passwordFirst, false);
	assert.equal(new Passwords(undefined, "given").passwordFirst, true);
	assert.equal(new Passwords({ password: "kept", way: "password" }, undefined).passwordFirst, true);
	assert.equal(new Passwords({ password: "kept", way: "keyboard-interactive" }, "given").passwordFirst, false);
});

test("a given password is used once, by whichever method asks", () => {
	const login = new Passwords(undefined, () => "given");
	assert.equal(login.ready(login.count(ask(), "keyboard-interactive")), "given");
	assert.equal(login.ready(login.count(ask(2), "keyboard-interactive")), undefined);
	assert.equal(login.ready(login.count(ask(1, 2), "password")), undefined);
});

test("the method password does not ask again what was refused thrice", () => {
	const login = new Passwords(undefined, undefined);
	for (const attempt of [1, 2, 3]) assert.equal(login.count(ask(attempt), "keyboard-interactive").attempt, attempt);
	assert.throws(() => login.count(ask(), "password"), AuthError);
	assert.equal(login.count(ask(1, 2), "password").attempt, 1, "the next factor counts anew");
});

test("the method password goes on counting where the questions stopped early", () => {
	const login = new Passwords(undefined, undefined);
	login.count(ask(), "keyboard-interactive");
	assert.equal(login.count(ask(), "password").attempt, 2);
});

test("a login that a question ended has the question's reason", () => {
	const login = new Passwords(undefined, undefined);
	for (const attempt of [1, 2, 3]) login.count(ask(attempt), "keyboard-interactive");
	const refused = caught(() => login.count(ask(), "password"));
	const told = new SSHError("aborted", "Cancelled.", { reason: "cancelled", cause: refused });
	assert.equal(reasonOf(told), refused);
	const declined = new SSHError("aborted", "Cancelled.", { reason: "cancelled" });
	assert.equal(reasonOf(declined), declined);
});

function caught(work: () => unknown): unknown {
	try {
		work();
	} catch (error) {
		return error;
	}
	return undefined;
}

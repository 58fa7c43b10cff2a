/** What the page makes of keys, links and figures, and how it words failures. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { formatWhen } from "../app/format.ts";
import { checkKey } from "../app/keytext.ts";
import { targetOfLink } from "../app/link.ts";
import { AuthError, HostKeyError, SSHError } from "../src/client/errors.ts";
import { formatBytes } from "../src/element/bytes.ts";
import { describeProblem, wasCancelled } from "../src/element/problems.ts";

const body = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU=";
const pem = (kind: string, text = body): string =>
	`-----BEGIN ${kind}PRIVATE KEY-----\n${text}\n-----END ${kind}PRIVATE KEY-----\n`;

const refused: [name: string, text: string, says: RegExp][] = [
	["nothing", " \n", /nothing in it/],
	["a public key", "ssh-ed25519 AAAAC3Nz me@here", /public key.*without \.pub/],
	["an ECDSA public key", "ecdsa-sha2-nistp256 AAAA me", /public key/],
	["a public key of a token", "sk-ssh-ed25519@openssh.com AAAA me", /public key/],
	["a certificate", "ssh-ed25519-cert-v01@openssh.com AAAA me", /certificate/],
	["a public key as PEM", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", /public key/],
	["a TLS certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", /TLS certificate/],
	["half of PuTTY's format", "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none", /Private-MAC, is missing/],
	["a DSA key of PuTTY's", "PuTTY-User-Key-File-2: ssh-dss\nEncryption: none", /DSA is broken/],
	["a DSA key", pem("DSA "), /DSA is broken/],
	["a key cut off", pem("OPENSSH ").replace(/-----END.*/, ""), /cut off/],
	["a damaged key", pem("OPENSSH ", "AAAA…AAAA"), /damaged/],
	["a poem", "The woods are lovely", /not a private key/],
];

for (const [name, text, says] of refused) {
	test(`a key is refused: ${name}`, () => {
		const check = checkKey(text);
		assert.equal(check.ok, false);
		assert.match(check.ok ? "" : check.message, says);
	});
}

const mended: [name: string, text: string][] = [
	["CR LF", pem("OPENSSH ").replace(/\n/g, "\r\n")],
	["a byte order mark", `\ufeff${pem("OPENSSH ")}`],
	["spaces around", `\n\n  ${pem("OPENSSH ")}  `],
];

for (const [name, text] of mended) {
	test(`a key is mended: ${name}`, () =>
		assert.deepEqual(checkKey(text), { ok: true, text: pem("OPENSSH "), encrypted: false }));
}

for (const [encryption, encrypted] of [
	["none", false],
	["aes256-cbc", true],
] as const)
	test(`a key of PuTTY's is taken, with encryption ${encryption}`, () => {
		const text = `PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: ${encryption}\nPrivate-MAC: 00ff\n`;
		assert.deepEqual(checkKey(text.replace(/\n/g, "\r\n")), { ok: true, text, encrypted });
	});

test("keys that ssh-keygen makes are taken, encrypted ones told apart", () => {
	const folder = mkdtempSync(join(tmpdir(), "keys-"));
	try {
		for (const [passphrase, format] of [
			["", "RFC4716"],
			["secret", "RFC4716"],
			["", "PEM"],
			["secret", "PEM"],
		] as const) {
			const file = join(folder, `${format}${passphrase}`);
			execFileSync("ssh-keygen", ["-q", "-t", "ecdsa", "-m", format, "-N", passphrase, "-f", file], {
				timeout: 20_000,
			});
			const check = checkKey(readFileSync(file, "utf8"));
			assert.equal(check.ok && check.encrypted, passphrase !== "", `${format} with ${passphrase || "none"}`);
		}
	} finally {
		rmSync(folder, { recursive: true });
	}
});

const page = "https://gateway.example/ssh/";
const links: [name: string, address: string, want: string | undefined, notes: RegExp][] = [
	["no target", "", undefined, /^$/],
	["a host", "?host=db1", "db1", /^$/],
	["host, port and user", "?host=db1&port=2222&user=root", "root@db1:2222", /^$/],
	["IPv6 with a port", "?host=::1&port=22", "[::1]:22", /^$/],
	["an ssh URL behind the #", "#ssh://root@db1:22", "ssh://root@db1:22", /^$/],
	["an empty host", "?host=", undefined, /^$/],
	["a password", "?host=db1&password=hunter2", "db1", /was not used/],
	["a command", "?host=db1&cmd=reboot", "db1", /never run/],
];

for (const [name, address, want, notes] of links) {
	test(`a link fills the form: ${name}`, () => {
		const target = targetOfLink(page + address);
		assert.equal(target?.text, want);
		assert.match(target?.notes.join(" ") ?? "", notes);
		assert.doesNotMatch(JSON.stringify(target ?? ""), /hunter2/);
	});
}

test("figures are short", () => {
	assert.deepEqual([0, 999, 1000, 1234, 88_123_456, 999_600, 5e12].map(formatBytes), [
		"0 B",
		"999 B",
		"1.0 kB",
		"1.2 kB",
		"88 MB",
		"1.0 MB",
		"5.0 TB",
	]);
	const now = Date.UTC(2026, 0, 2, 12);
	assert.equal(formatWhen(now - 10_000, now), "just now");
	assert.equal(formatWhen(now - 5 * 60_000, now), "5 min ago");
});

const where = { target: "root@db1:22", keys: ["work-laptop"] };
const key = {
	host: "db1",
	port: 22,
	type: "ssh-ed25519",
	fingerprint: "SHA256:x",
	key: new Uint8Array(),
	line: "",
	sameKeyAs: [],
	otherKnown: [],
};

const problems: [name: string, error: unknown, code: string, says: RegExp][] = [
	[
		"the core's words stand",
		new SSHError("dial", "db1 answered, but nothing listens on port 22.", {
			reason: "refused",
			hint: "Is sshd running?",
		}),
		"dial/refused",
		/nothing listens.*Is sshd running/s,
	],
	[
		"a refused key is named",
		new AuthError("The server refused the key.", ["publickey"], ["publickey"], { reason: "denied" }),
		"auth/denied",
		/work-laptop.*authorized_keys/s,
	],
	[
		"a refused password names no key",
		new AuthError("The server refused the password.", ["password"], ["password"], { reason: "denied" }),
		"auth/denied",
		/^(?!.*work-laptop)/s,
	],
	[
		"a wrong pin says once that nothing was sent",
		new HostKeyError(
			"The key of db1 is not the expected one. The connection was stopped; nothing was sent: no password and no key.",
			key,
			[],
			{ reason: "mismatch" },
		),
		"hostkey/mismatch",
		/^(?!.*nothing was sent.*nothing was sent).*nothing was sent.*SHA256:x/is,
	],
	[
		"a wrong pin is named beside the key",
		new HostKeyError("The key of db1 is the saved one, but another was expected.", key, [], {
			reason: "disputed",
			expected: ["SHA256:y"],
		}),
		"hostkey/disputed",
		/SHA256:x.*SHA256:y/s,
	],
	[
		"an unknown key says that nothing was sent",
		new HostKeyError("The key of db1 is not known.", key, [], { reason: "unknown" }),
		"hostkey/unknown",
		/Nothing was sent.*SHA256:x/s,
	],
	[
		"declining is no failure",
		new SSHError("aborted", "cancelled", { reason: "cancelled" }),
		"aborted/cancelled",
		/Not connected.*You cancelled/s,
	],
	["an abort is no failure", new DOMException("x", "AbortError"), "aborted/cancelled", /You cancelled/],
	[
		"a mistake of ours asks for a report",
		new TypeError("x is not a function"),
		"internal",
		/Something in this page broke.*report/s,
	],
	[
		"what a server wrote is escaped",
		new SSHError("closed", "db1 said \x1b[31m\u202e", { reason: "server" }),
		"closed/server",
		/\^\[\[31m\\u\{202e\}/,
	],
];

for (const [name, error, code, says] of problems) {
	test(`a failure in words: ${name}`, () => {
		const problem = describeProblem(error, where);
		assert.equal(problem.code, code);
		assert.match([problem.title, problem.cause, problem.todo].join("\n"), says);
		assert.match(problem.details, /target: root@db1:22/);
	});
}

test("declining is told from failing", () => {
	assert.equal(wasCancelled(new DOMException("x", "AbortError")), true);
	assert.equal(wasCancelled(new SSHError("auth", "x", { reason: "cancelled" })), true);
	assert.equal(wasCancelled(new SSHError("auth", "x", { reason: "denied" })), false);
});

/** Whatever comes from a person, a server or another page: every parser takes it or refuses it, and breaks on nothing. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseCommandLine } from "../app/commandline.ts";
import { directoryOf } from "../app/osc7.ts";
import { formatTarget, parseTarget, TargetError } from "../app/target.ts";
import { readCertificate } from "../src/client/publickey.ts";
import { readTicket } from "../src/client/ticket.ts";
import { safeLink } from "../src/element/links.ts";
import { pasteRisks, withoutControls } from "../src/element/paste.ts";
import { cleanTitle, showable } from "../src/element/untrusted.ts";
import { asToFrame, problemOf } from "../src/frame/messages.ts";
import { checkSettings, defaults } from "../src/vault/settings.ts";
import { withTexts, withValues } from "./mutate.ts";

const rounds = 5000;

describe("whatever a person types", () => {
	const targets = [
		...[
			"db1",
			"root@db1.example",
			"root@db1.example:2222",
			"[::1]:22",
			"fe80::1",
			"user@[2001:db8::1]:22",
			"bücher.example",
		],
		...["ssh://root@db1:22", "ssh://root;fingerprint=SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU@db1/path"],
		...["ssh -p 2222 -J a,b@c:23 root@db1 -o HostKeyAlias=x", "$ ssh -l 'some one' db1", "sftp -P 2222 root@db1"],
	];

	it("names a server that can be written and read again, or is refused with a reason", () => {
		withTexts(targets, rounds, (text) => {
			let target: ReturnType<typeof parseTarget>;
			try {
				target = parseTarget(text);
			} catch (error) {
				assert.ok(error instanceof TargetError && error.code !== "" && error.message !== "", String(error));
				return;
			}
			const { host, port, username, jump } = target;
			assert.ok(Number.isInteger(port) && port >= 1 && port <= 65535, `port ${port}`);
			assert.match(host, /^[\x21-\x7e]{1,253}$/);
			assert.doesNotMatch(host, /[@/[\]\s]/);
			const again = parseTarget(formatTarget(target));
			assert.deepEqual([again.host, again.port, again.username], [host, port, username]);
			assert.equal(again.jump?.length, jump?.length);
		});
	});

	it("is a command line, or none", () => {
		withTexts(targets, rounds, (text) => {
			parseCommandLine(text);
		});
	});

	it("loses its control characters before it is pasted", () => {
		withTexts(["ls -l\n", "\x1b[201~rm -rf /\n", "a\tb"], rounds, (text) => {
			pasteRisks(text, false);
			assert.doesNotMatch(withoutControls(text), /(?![\t\r\n])\p{Cc}/u);
		});
	});
});

describe("whatever a server says", () => {
	const words = ["Password: ", "Enter \x1b]0;title\x07 now", "user\u202e@host", "line\r\nline"];

	it("is shown without a character that acts", () => {
		withTexts(words, rounds, (text) => {
			assert.doesNotMatch(showable(text), /(?![\t\n])\p{Cc}|[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u);
			const title = cleanTitle(text);
			assert.ok(title.length <= 120 && !/\p{Cc}/u.test(title));
		});
	});

	it("is a link to the web, or none", () => {
		withTexts(["https://example.org/a?b=c#d", "http://user:word@host/", "javascript:alert(1)"], rounds, (text) => {
			const link = safeLink(text);
			if (link === undefined) return;
			const url = new URL(link);
			assert.match(url.protocol, /^https?:$/);
			assert.equal(url.username + url.password, "");
		});
	});

	it("is a folder, or none", () => {
		withTexts(["file://host/var/log", "file:///a%20b%ff", "kitty-shell-cwd://h/ü"], rounds, (text) => {
			const folder = directoryOf(text);
			if (folder === undefined) return;
			const bytes = Buffer.from(typeof folder === "string" ? new TextEncoder().encode(folder) : folder);
			assert.ok(bytes[0] === 0x2f && !bytes.includes(0) && bytes.length <= 4096);
		});
	});
});

describe("whatever a portal hands over", () => {
	const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
	const ticket = `${part({ alg: "EdDSA" })}.${part({ host: "db1", port: 22, hostkey_sha256: ["abc"] })}.c2ln`;

	it("is read as a ticket, or says nothing", () => {
		withTexts([ticket], rounds, (text) => {
			const { host, port, hostKeys } = readTicket(text);
			assert.ok(host === undefined || typeof host === "string");
			assert.ok(port === undefined || typeof port === "number");
			for (const key of hostKeys) assert.match(key, /^SHA256:/);
		});
	});

	it("is a certificate, or a TypeError", () => {
		const good = "ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIA== name";
		withTexts([good], rounds, (text) => {
			try {
				readCertificate(text);
			} catch (error) {
				assert.ok(error instanceof TypeError);
			}
		});
	});

	const options = {
		host: "db1",
		port: 22,
		username: "root",
		theme: "dark",
		fontSize: 14,
		readonly: true,
		locale: "de",
	};

	it("has the options of a frame, or a problem that can be told", () => {
		withValues([options], rounds, (value) => {
			const problem = problemOf(value);
			if (problem !== undefined) return assert.ok(problem.length < 200);
			for (const name of Object.keys(value as object))
				assert.ok([...Object.keys(options), "ticket", "fingerprint"].includes(name));
		});
	});

	it("is a message of the frame, or none", () => {
		const messages = [
			{ type: "connect", options },
			{ type: "disconnect" },
			{ type: "theme", theme: "dark" },
			{ type: "ticket", ticket },
		];
		withValues(messages, rounds, (value) => {
			const message = asToFrame(value);
			if (message?.type === "connect") assert.equal(problemOf(message.options), undefined);
		});
	});
});

it("whatever was stored, the settings are settings", () => {
	withValues([defaults], rounds, (value) => {
		const settings = checkSettings(value);
		assert.deepEqual(Object.keys(settings).sort(), Object.keys(defaults).sort());
		assert.deepEqual(checkSettings(settings), settings);
		assert.ok(settings.fontSize >= 8 && settings.fontSize <= 40);
	});
});

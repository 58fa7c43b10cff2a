import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTarget, parseTarget, type Target, TargetError } from "../app/target.ts";

const print = "SHA256:bgO0kQ2L9nQmJ2Wm5pUuTz2v7a0Jw3cQ9wXh1eYl2aM";

const good: [name: string, input: string, want: Partial<Target>][] = [
	["a bare host", "example.org", { host: "example.org", port: 22, username: "" }],
	["a short name", "db1", { host: "db1" }],
	["user and host", "root@db1", { host: "db1", port: 22, username: "root" }],
	["user, host and port", "root@db1:2222", { host: "db1", port: 2222, username: "root" }],
	["host and port", "db1:2222", { host: "db1", port: 2222, username: "" }],
	["spaces around", "  root@db1  ", { host: "db1", username: "root" }],
	["a line end behind it", "root@db1\r\n", { host: "db1" }],
	["a byte order mark before it", "\ufeffroot@db1", { host: "db1", username: "root" }],
	["a zero-width space behind it", "root@db1\u200b", { host: "db1" }],
	["capital letters", "Root@DB1.Example.ORG", { host: "db1.example.org", username: "Root" }],
	["a dot at the end", "db1.example.org.", { host: "db1.example.org" }],
	["an underscore", "my_host", { host: "my_host" }],
	["an IPv4 address", "10.0.0.5", { host: "10.0.0.5" }],
	["an IPv4 address and port", "10.0.0.5:22", { host: "10.0.0.5", port: 22 }],
	["a bare IPv6 address", "::1", { host: "::1", port: 22 }],
	["an IPv6 address with a user", "root@2001:db8::7", { host: "2001:db8::7", username: "root" }],
	["an IPv6 address in brackets", "[::1]", { host: "::1" }],
	["an IPv6 address in brackets with a port", "[::1]:2222", { host: "::1", port: 2222 }],
	["all of it in IPv6", "root@[2001:DB8:0:0::7]:22", { host: "2001:db8::7", port: 22, username: "root" }],
	["an IPv4-mapped address", "::ffff:10.0.0.5", { host: "::ffff:a00:5" }],
	["the highest port", "db1:65535", { port: 65535 }],
	["the lowest port", "db1:1", { port: 1 }],
	["a port with leading zeros", "db1:0022", { port: 22 }],
	["a user with an @", "robey@corp.example@db1", { host: "db1", username: "robey@corp.example" }],
	["a user with a backslash", "CORP\\robey@db1", { host: "db1", username: "CORP\\robey" }],
	["an ssh URL", "ssh://db1", { host: "db1", port: 22, username: "" }],
	["an ssh URL with everything", "ssh://root@db1:2222/", { host: "db1", port: 2222, username: "root" }],
	["an ssh URL in capitals", "SSH://root@db1", { host: "db1", username: "root" }],
	["an ssh URL with IPv6", "ssh://root@[::1]:2222", { host: "::1", port: 2222 }],
	["an ssh URL with an encoded user", "ssh://robey%40corp@db1", { username: "robey@corp" }],
	[
		"a link with a fingerprint",
		`ssh://root;fingerprint=${print}@db1`,
		{ host: "db1", username: "root", fingerprint: print },
	],
	[
		"a link with an encoded fingerprint",
		`ssh://root;fingerprint=${encodeURIComponent(print)}@db1:22`,
		{ fingerprint: print },
	],
	["an umlaut", "root@bücher.example", { host: "xn--bcher-kva.example" }],
	["a name in Chinese", "例子.测试", { host: "xn--fsqu00a.xn--0zwm56d" }],
	["an ssh command", "ssh root@db1", { host: "db1", username: "root" }],
	["an ssh command behind a prompt", "$ ssh root@db1", { host: "db1", username: "root" }],
	["-p before the host", "ssh -p 2222 root@db1", { host: "db1", port: 2222, username: "root" }],
	["-p behind the host", "ssh root@db1 -p 2222", { host: "db1", port: 2222 }],
	["-p without a space", "ssh -p2222 root@db1", { port: 2222 }],
	["-l names the user", "ssh -l root db1", { username: "root" }],
	["-l wins over the name before the @", "ssh -p 2222 -l user other@db1", { port: 2222, username: "user" }],
	["-i names a key", "ssh -i ~/.ssh/id_work root@db1", { keyFile: "~/.ssh/id_work", host: "db1" }],
	["-i with a quoted name", 'ssh -i "my key" root@db1', { keyFile: "my key" }],
	["flags in one word", "ssh -4vCp 2222 root@db1", { host: "db1", port: 2222 }],
	["-o Port", "ssh -o Port=2222 root@db1", { port: 2222 }],
	["-o User, with a space", 'ssh -o "User root" db1', { username: "root" }],
	["-oHostName", "ssh -oHostName=10.0.0.5 db1", { host: "10.0.0.5" }],
	["-J none", "ssh -J none root@db1", { host: "db1" }],
	[
		"-J with two hosts",
		"ssh -J bastion,ops@[::1]:2222 root@db1",
		{
			host: "db1",
			jump: [
				{ host: "bastion", port: 22, username: "" },
				{ host: "::1", port: 2222, username: "ops" },
			],
		},
	],
	["a ProxyJump", "ssh -o ProxyJump=bastion db1", { host: "db1", jump: [{ host: "bastion", port: 22, username: "" }] }],
	["a HostKeyAlias", "ssh -o HostKeyAlias=old root@db1", { host: "db1", hostKeyAlias: "old" }],
	["a command with a URL", "ssh ssh://root@db1:2222", { host: "db1", port: 2222 }],
	["a command with host:port", "ssh root@db1:2222", { host: "db1", port: 2222 }],
	["a command with IPv6", "ssh root@::1", { host: "::1", username: "root" }],
	["two spaces in a command", "ssh   root@db1", { host: "db1" }],
	["a command with --", "ssh -- root@db1", { host: "db1" }],
];

for (const [name, input, want] of good) {
	test(`reads ${name}`, () => {
		const got = parseTarget(input);
		for (const [key, value] of Object.entries(want)) assert.deepEqual(got[key as keyof Target], value, key);
	});
}

const bad: [name: string, input: string, code: string, says: RegExp][] = [
	["nothing", "", "empty", /user@host/],
	["only spaces", "   ", "empty", /user@host/],
	["a user without a host", "root@", "empty", /host is missing/],
	["a host without its user", "@db1", "user", /before the @/],
	["a user name that looks like an option", "ssh -l -p db1", "user", /“-p” cannot be a user name/],
	["port 0", "db1:0", "port", /1 to 65535/],
	["port 65536", "db1:65536", "port", /1 to 65535/],
	["port abc", "db1:abc", "port", /“abc” is not a port/],
	["a negative port", "db1:-1", "port", /not a port/],
	["no port after the colon", "db1:", "port", /missing/],
	["a port of -p that is none", "ssh -p ssh db1", "port", /not a port/],
	["a space within", "db1 example", "spaces", /no spaces/],
	["a web address", "https://db1.example/x", "scheme", /web address.*db1\.example/],
	["another protocol", "telnet://db1", "scheme", /telnet:\/\/ is not SSH/],
	["a password in a URL", "ssh://root:secret@db1", "password", /was not used/],
	["a password without a scheme", "root:secret@db1", "password", /was not used/],
	["two lines", "db1\ndb2", "lines", /more than one line/],
	["an invisible character", "db\u20611", "invisible", /invisible/],
	["an escape character", "db\u001b[31m1", "invisible", /invisible/],
	["two colons that are no IPv6", "db1:22:33", "host", /more than one colon/],
	["an open bracket", "[::1", "host", /not closed/],
	["a name in brackets", "[db1]:22", "host", /IPv6/],
	["text after the bracket", "[::1]22", "host", /:port/],
	["no IPv6 in brackets", "[12345::1]", "host", /not an IPv6/],
	["an IPv6 zone", "fe80::1%eth0", "host", /zone/],
	["an IPv4 part that is too large", "10.0.0.256", "host", /0 to 255/],
	["a dash at the start", "-db1", "host", /not a host name/],
	["two dots", "db1..example", "host", /not a host name/],
	["a label of 64 letters", `${"a".repeat(64)}.example`, "host", /not a host name/],
	["a name of 254 letters", "a.".repeat(127), "host", /253/],
	["a slash", "db1/etc", "host", /not a host name/],
	["a host with shell signs", "db1;reboot", "host", /not a host name/],
	["a broken fingerprint", "ssh://root;fingerprint=MD5:00@db1", "password", /not used/],
	["a short fingerprint", "ssh://root;fingerprint=SHA256:abc@db1", "fingerprint", /43/],
	["a broken percent sign", "ssh://ro%zzot@db1", "user", /broken %/],
	["a jump host between two commas", "ssh -J bastion,,gate root@db1", "jump", /missing between two commas/],
	[
		"a jump host with a fingerprint",
		`ssh -J 'ops;fingerprint=SHA256:${"a".repeat(43)}@bastion' root@db1`,
		"jump",
		/^A jump host \(-J\) takes no fingerprint/,
	],
	[
		"a jump host's link with a fingerprint",
		`ssh -J 'ssh://ops;fingerprint=SHA256:${"a".repeat(43)}@bastion' root@db1`,
		"jump",
		/^A jump host \(-J\) takes no fingerprint/,
	],
	["a fingerprint outside a link", `root;fingerprint=SHA256:${"a".repeat(43)}@db1`, "fingerprint", /in a link only/],
	["a jump host with a password", "ssh -J ops:hunter2@bastion root@db1", "password", /contains a password/],
	["a jump host with a port that is none", "ssh -J bastion:0 root@db1", "port", /Port 0 does not exist/],
	["an alias that is a pattern", "ssh -o HostKeyAlias=*.old root@db1", "alias", /name alone/],
	["a ProxyCommand", "ssh -o 'ProxyCommand nc %h %p' db1", "jump", /cannot run/],
	["an option without its value", "ssh root@db1 -p", "option", /-p needs a value/],
	["a command without a host", "ssh -p 22", "empty", /names no host/],
	["an open quotation mark", "ssh -i 'key root@db1", "quote", /not closed/],
	["an scp command", "scp a root@db1:/tmp", "scp", /copies files/],
];

for (const [name, input, code, says] of bad) {
	test(`refuses ${name}`, () => {
		assert.throws(
			() => parseTarget(input),
			(error) => error instanceof TargetError && error.code === code && says.test(error.message),
		);
	});
}

test("never repeats a password", () => {
	assert.throws(
		() => parseTarget("ssh://root:hunter2@db1"),
		(error: Error) => !error.message.includes("hunter2"),
	);
});

const notes: [name: string, input: string, says: RegExp][] = [
	["a path in a URL", "ssh://root@db1/var/log", /after the host is not used/],
	["an scp path", "root@db1:/var/log", /path after the host/],
	["a command after the host", "ssh root@db1 uptime -p", /not run/],
	["a local forward", "ssh -L 8080:localhost:80 root@db1", /-L/],
	["a switched-off key check", "ssh -o StrictHostKeyChecking=no root@db1", /always checked/],
	["a port in a destination", "ssh root@db1:2222", /as -p/],
];

for (const [name, input, says] of notes) {
	test(`says what it leaves out: ${name}`, () => {
		assert.match(parseTarget(input).notes.join(" "), says);
		assert.equal(parseTarget(input).host, "db1");
	});
}

test("writes what it reads", () => {
	for (const text of [
		"root@db1",
		"root@db1:2222",
		"db1",
		"::1",
		"root@::1",
		"root@[::1]:2222",
		"ssh -J a,u@b:2222 -p 22022 root@db1",
	]) {
		assert.equal(formatTarget(parseTarget(text)), text);
	}
});

/** What can go wrong, and what a person is told. */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { App } from "./app.ts";
import { expect, LOOPBACK, startWasmiko, test } from "./fixtures.ts";
import { freePort } from "./process.ts";
import { SSHD } from "./sshd.ts";

const serve = ["serve", ...LOOPBACK, "--drain", "200ms", "--listen"];

test("a target that the gateway does not allow", async ({ page }) => {
	const app = await new App(page).open();
	await app.connect("root@169.254.169.254");
	const failure = app.alert(/^This gateway does not allow connections to 169\.254\.169\.254:22/);
	await expect(failure).toContainText("Ask the gateway's administrator.");
	await expect(failure.getByRole("button")).toHaveText(["Try again", "Close"]);
	await failure.getByText("Details", { exact: true }).click();
	await expect(failure).toContainText("code: dial/policy");
	await expect(failure.getByRole("button", { name: "Copy details" })).toBeVisible();
});

test("a port where nothing listens", async ({ page }) => {
	const app = await new App(page).open();
	const port = await freePort();
	await app.connect(`root@127.0.0.1:${port}`);
	const failure = app.alert(`127.0.0.1 answered, but nothing listens on port ${port}.`);
	await expect(failure).toContainText("Is sshd running? Is the port right?");
	await app.is(/Could not connect/);
});

test("a server that comes to life is reached by trying again", async ({ page }) => {
	const sshd = await new SSHD().start();
	try {
		const app = await new App(page).open();
		await sshd.stop();
		await app.connect(`root@127.0.0.1:${sshd.port}`);
		await expect(app.alert(/nothing listens/)).toBeVisible();
		await sshd.start();
		await app.button("Try again").click();
		await expect(app.dialog(/^First connection/)).toBeVisible();
	} finally {
		await sshd.dispose();
	}
});

test("a name that does not exist", async ({ page }) => {
	const app = await new App(page).open();
	await app.connect("root@no-such-host.invalid");
	await expect(app.alert(/no-such-host\.invalid/)).toBeVisible();
});

for (const [name, answer, like] of [
	["a web server", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "HTTP"],
	["a mail server", "220 mail.example ESMTP ready\r\n", "SMTP"],
] as const)
	test(`a port where ${name} answers`, async ({ page }) => {
		const server = await listen(answer);
		try {
			const app = await new App(page).open();
			await app.connect(`root@127.0.0.1:${server.port}`);
			const failure = app.alert(`Port ${server.port} on 127.0.0.1 is not an SSH server (it answered like ${like}).`);
			await expect(failure).toContainText("SSH is usually on 22");
		} finally {
			server.close();
		}
	});

test("a gateway that is gone when connecting begins", async ({ page }) => {
	const gateway = await startWasmiko([...serve, "127.0.0.1:0"]);
	const app = await new App(page).open(gateway.url);
	await app.connect(`root@127.0.0.1:${await freePort()}`);
	await expect(app.alert(/nothing listens/)).toBeVisible();
	await gateway.child.stop("SIGKILL");
	await app.button("Try again").click();
	await expect(app.alert("The gateway cannot be reached.")).toContainText("Check your network.");
});

test("a server that takes the call and says no word can be left", async ({ page }) => {
	const server = await listen();
	const app = await new App(page).open();
	await app.connect(`root@127.0.0.1:${server.port}`);
	const progress = app.dialog(/^Connecting to/);
	await expect.poll(() => server.open()).toBe(1);
	await expect(progress.getByRole("listitem")).toHaveText([/^Gateway/, /^Server/, "Key exchange", "Host key", "Login"]);
	await progress.getByRole("button", { name: "Cancel" }).click();
	await expect(app.alert("Not connected.")).toContainText("You cancelled.");
	await app.button("Close").click();
	await expect(app.field).toBeFocused();
	await expect.poll(() => server.open()).toBe(0);
	server.close();
});

test("a gateway that goes in mid-session leaves the text, and Reconnect works when it is back", async ({
	page,
	sshd,
}) => {
	const port = await freePort();
	const args = [...serve, `127.0.0.1:${port}`];
	let gateway = await startWasmiko(args);
	try {
		const app = await new App(page).open(gateway.url);
		const terminal = await app.session(sshd);
		await terminal.run("echo before the $((1+1))nd loss");
		await terminal.shows("before the 2nd loss\n");
		await gateway.child.stop("SIGKILL");
		await app.is(/, Reconnecting to /);
		await page.getByRole("button", { name: "Give up" }).click();
		await app.is(/, Connection to \S+ lost$/);
		const bar = page.getByRole("region", { name: /^Connection to \S+ lost\.$/ });
		await expect(bar).toBeVisible();
		await terminal.shows("before the 2nd loss");
		// The text can still be selected and copied: nothing lies over it.
		await expect(page.locator(".xterm-screen")).toBeInViewport();

		await bar.getByRole("button", { name: "Reconnect" }).click();
		await expect(app.alert("The gateway cannot be reached.")).toBeVisible();
		gateway = await startWasmiko(args);
		await app.button("Try again").click();
		await app.connected();
		await terminal.shows(/before the 2nd loss[\s\S]*[$#] ?$/);
		await terminal.run("echo $((40+2))");
		await terminal.shows(/^42$/m);
	} finally {
		await gateway.child.stop();
	}
});

test("a gateway that is stopped in order ends the session with words of its own", async ({ page, sshd }) => {
	const gateway = await startWasmiko([...serve, "127.0.0.1:0"]);
	const app = await new App(page).open(gateway.url);
	await app.session(sshd);
	expect(await gateway.child.stop("SIGTERM")).toBe(0);
	await app.is(/, Connection to \S+ lost$/);
	await expect(page.getByRole("region", { name: /lost/ })).toContainText("restarted");
});

test("a server that dies in mid-session", async ({ page }) => {
	const sshd = await new SSHD().start();
	try {
		const app = await new App(page).open();
		const terminal = await app.session(sshd);
		await terminal.run("printf 'still %s\\n' here");
		await terminal.shows(/^still here$/m);
		sshd.killSessions();
		await app.is(/, Connection to \S+ lost$/);
		await terminal.shows(/^still here$/m);
		await app.button("Reconnect").click();
		await app.connected();
		await terminal.shows(/still here[\s\S]*[$#] ?$/);
	} finally {
		await sshd.dispose();
	}
});

test("a program that is cut off leaves the screen as it was before", async ({ page }) => {
	const sshd = await new SSHD().start();
	try {
		const app = await new App(page).open();
		const terminal = await app.session(sshd);
		await terminal.run("vim");
		await expect.poll(() => terminal.buffer()).toBe("alternate");
		sshd.killSessions();
		await app.is(/, Connection to \S+ lost$/);
		await expect.poll(() => terminal.buffer()).toBe("normal");
	} finally {
		await sshd.dispose();
	}
});

interface Listener {
	readonly port: number;
	/** How many connections are open. */
	open(): number;
	close(): void;
}

/** A server that gives one answer and hangs up, or none. */
async function listen(answer?: string): Promise<Listener> {
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.on("close", () => sockets.delete(socket));
		socket.on("error", () => socket.destroy());
		socket.resume();
		if (answer !== undefined) socket.end(answer);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	return { port, open: () => sockets.size, close: () => server.close() };
}

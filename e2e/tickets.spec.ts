/** What may be wrong with a portal's ticket, as a page learns of it. */
import { createHmac, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBare } from "./bare.ts";
import { expect, LOOPBACK, startWasmiko, test, type Wasmiko } from "./fixtures.ts";
import { noteSecret } from "./secrets.ts";
import { Terminal } from "./terminal.ts";

// biome-ignore lint/suspicious/noExplicitAny: what the page defines is what was built, not our sources
type Any = any;

const secret = "a secret that portal and gateway share";
let dir: string;
let gateway: Wasmiko;

test.beforeAll(async () => {
	dir = mkdtempSync(join(tmpdir(), "wasmiko-tickets-"));
	writeFileSync(join(dir, "portal.secret"), secret);
	const key = ["--ticket-key", join(dir, "portal.secret")];
	gateway = await startWasmiko(["demo", "--listen", "127.0.0.1:0", ...key, ...LOOPBACK]);
});

test.afterAll(async () => {
	await gateway?.child.stop();
	rmSync(dir, { recursive: true, force: true });
});

function mint(claims: object = {}, key = secret): string {
	const encode = (bytes: string | Buffer) => Buffer.from(bytes).toString("base64url");
	const now = Math.floor(Date.now() / 1000);
	const all = {
		...{ iat: now, exp: now + 60, jti: randomUUID(), sub: "ann" },
		...{ host: "127.0.0.1", port: gateway.demoPort, user: "robey" },
		...claims,
	};
	const signed = `${encode('{"alg":"HS256"}')}.${encode(JSON.stringify(all))}`;
	return noteSecret(`${signed}.${encode(createHmac("sha256", key).update(signed).digest())}`);
}

/** The times of a ticket whose clock is wrong by so many seconds. */
function off(seconds: number): object {
	const now = Math.floor(Date.now() / 1000) + seconds;
	return { iat: now, exp: now + 60 };
}

const day = 24 * 3600;

test("each has its own code, its own sentence, and says what to do", async ({ page }) => {
	await page.goto(gateway.url);
	await openBare(page, '<ssh-terminal style="display:block;height:400px"></ssh-terminal>');
	const used = mint();
	const cases: readonly (readonly [ticket: string, reason: string, says: RegExp])[] = [
		[used, "", /^$/],
		[used, "ticket-used", /was used before/],
		[mint(off(-300)), "ticket-expired", /has expired: "the ticket expired 4m/],
		[mint(off(-day)), "ticket-clock", /if it was made just now, the portal's clock or this gateway's is wrong/],
		[mint(off(day)), "ticket-clock", /from the future: .*clock .*is wrong by 2[34]h/],
		[mint({ aud: "other.example" }), "ticket-audience", /another gateway/],
		[mint({ origin: "https://other.example" }), "ticket-origin", /another page/],
		[
			mint({}, "another secret, of another portal"),
			"ticket-signature",
			/not signed by a portal that this gateway knows/,
		],
		[mint({ exp: Math.floor(Date.now() / 1000) + 3600 }), "ticket", /1m0s is the most/],
	];
	const seen = new Set<string>();
	for (const [ticket, reason, says] of cases) {
		const failure = await page.evaluate(
			async ({ ticket }) => {
				const terminal = document.querySelector("ssh-terminal") as Any;
				const options = { ticket, password: "foo", hostKey: { knownHosts: "", onUnknown: "warn" } };
				return terminal.connect(options).then(
					() => ({ reason: "", message: "", hint: "" }),
					({ code, reason, message, hint }: Any) => ({ code, reason, message, hint }),
				);
			},
			{ ticket },
		);
		expect(failure.reason).toBe(reason);
		expect(failure.message).toMatch(says);
		if (reason === "") continue;
		expect(failure.code).toBe("relay");
		expect(failure.hint).not.toBe("");
		expect(seen).not.toContain(failure.message);
		seen.add(failure.message);
		await expect(page.getByRole("alertdialog")).toContainText(failure.hint);
	}
});

test("a fresh one is asked for by an event: at first, again after it was used, and after a reload", async ({
	page,
}) => {
	await page.goto(gateway.url);
	const connect = async (): Promise<unknown[]> => {
		const tickets = [mint(), mint()];
		return page.evaluate(async (tickets) => {
			const asked: unknown[] = [];
			const terminal = document.querySelector("ssh-terminal") as Any;
			terminal.addEventListener("ssh-ticket", (event: Any) => {
				asked.push(event.question.again);
				event.respondWith(tickets.shift());
			});
			terminal.options = { password: "foo", hostKey: { knownHosts: "", onUnknown: "warn" } };
			await terminal.connect();
			terminal.disconnect();
			await terminal.connect();
			return asked;
		}, tickets);
	};
	for (let visit = 0; visit < 2; visit++) {
		await openBare(page, '<ssh-terminal style="display:block;height:400px"></ssh-terminal>');
		expect(await connect()).toEqual([false, true]);
		await new Terminal(page).shows("Press a key");
	}
});

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { SSHError } from "../src/client/errors.ts";
import { BytePort, type Messages, type PortMessage, readableOf, WINDOW, writableOf } from "../src/client/port.ts";

/** The other end of a port, message by message and without delay. */
class Peer implements Messages {
	onmessage: Messages["onmessage"] = null;
	readonly sent: PortMessage[] = [];
	closed = false;

	postMessage(message: PortMessage, transfer: ArrayBuffer[]): void {
		this.sent.push(structuredClone(message, { transfer }));
	}

	close(): void {
		this.closed = true;
	}

	deliver(message: PortMessage): void {
		this.onmessage?.({ data: message });
	}

	/** What was sent since the last look; bytes as their number. */
	take(): unknown[] {
		return this.sent.splice(0).map((m) => (m instanceof Uint8Array ? `${m.byteLength} bytes` : m));
	}
}

function pair(): { port: BytePort; peer: Peer } {
	const peer = new Peer();
	return { port: new BytePort(peer), peer };
}

const reset = { code: "aborted", message: "broken off" };
const gone = { code: "closed", message: "The server is gone." };

describe("a port that sends", () => {
	it("waits for credit and sends no more than that, in order", () => {
		const { port, peer } = pair();
		port.write(Uint8Array.of(1, 2, 3, 4, 5));
		assert.deepEqual(peer.take(), []);
		assert.equal(port.pending, 5);
		peer.deliver(3);
		assert.deepEqual(peer.sent.splice(0), [Uint8Array.of(1, 2, 3)]);
		port.write(Uint8Array.of(6));
		peer.deliver(100);
		assert.deepEqual(peer.sent.splice(0), [Uint8Array.of(4, 5), Uint8Array.of(6)]);
		assert.equal(port.pending, 0);
	});

	it("keeps a paste of ten megabytes whole", () => {
		const { port, peer } = pair();
		const paste = new Uint8Array(10 << 20).map((_, i) => i * 31);
		port.write(paste.slice());
		let got = 0;
		peer.deliver(WINDOW);
		for (let credit = 0; got < paste.byteLength; credit = 0) {
			for (const piece of peer.sent.splice(0) as Uint8Array[]) {
				assert.deepEqual(piece, paste.slice(got, got + piece.byteLength));
				got += piece.byteLength;
				credit += piece.byteLength;
			}
			assert.ok(credit <= WINDOW);
			peer.deliver(credit);
		}
		assert.equal(port.pending, 0);
	});

	it("leaves the rest of a buffer alone when it is given a part", () => {
		const { port, peer } = pair();
		peer.deliver(100);
		const whole = Uint8Array.of(1, 2, 3, 4);
		port.write(whole.subarray(1, 3));
		assert.deepEqual(peer.sent, [Uint8Array.of(2, 3)]);
		assert.equal(whole.byteLength, 4);
	});

	it("gives away a buffer that it fills", () => {
		const { port, peer } = pair();
		peer.deliver(100);
		const whole = Uint8Array.of(1, 2);
		port.write(whole);
		assert.equal(whole.byteLength, 0);
		assert.deepEqual(peer.take(), ["2 bytes"]);
	});

	it("sends EOF after the bytes, and nothing after EOF", () => {
		const { port, peer } = pair();
		port.write(new Uint8Array(2));
		port.end();
		port.write(new Uint8Array(9));
		assert.deepEqual(peer.take(), []);
		peer.deliver(100);
		assert.deepEqual(peer.take(), ["2 bytes", null]);
	});

	it("tells when all is sent, or cannot be", async () => {
		const { port, peer } = pair();
		port.write(new Uint8Array(2));
		const sent = port.drained();
		peer.deliver(2);
		await sent;
		port.write(new Uint8Array(2));
		const failed = assert.rejects(port.drained(), /The server is gone/);
		peer.deliver(gone);
		await failed;
		await assert.rejects(port.drained(), SSHError);
		assert.equal(port.pending, 0);
	});
});

describe("a port that receives", () => {
	const collect = (port: BytePort) => {
		const events: unknown[] = [];
		port.read({
			data: (chunk) => events.push([...chunk]),
			end: (error) => events.push(error instanceof SSHError ? error.code : (error ?? "EOF")),
		});
		return events;
	};

	it("gives credit when somebody reads, and not before", () => {
		const { port, peer } = pair();
		assert.deepEqual(peer.take(), []);
		collect(port);
		assert.deepEqual(peer.take(), [WINDOW]);
	});

	it("gives credit back in few pieces, and loses none", () => {
		const { port, peer } = pair();
		collect(port);
		peer.take();
		for (let i = 0; i < 1000; i++) port.grant(1000);
		const granted = peer.take() as number[];
		assert.ok(granted.every((n) => n >= WINDOW / 4));
		const total = granted.reduce((a, b) => a + b, 0);
		assert.ok(total <= 1_000_000 && total > 1_000_000 - WINDOW / 4);
	});

	it("has one reader", () => {
		const { port } = pair();
		collect(port);
		assert.throws(() => collect(port), TypeError);
	});

	it("tells a late reader that it has ended", () => {
		const { port, peer } = pair();
		peer.deliver(gone);
		assert.deepEqual(collect(port), ["closed"]);
	});

	it("does not undo a good end by a later failure, which stops the sending only", async () => {
		const { port, peer } = pair();
		const events = collect(port);
		peer.deliver(Uint8Array.of(1));
		peer.deliver(null);
		peer.deliver({ code: "channel", message: "The command has ended." });
		assert.deepEqual(events, [[1], "EOF"]);
		await assert.rejects(port.drained(), { code: "channel" });
		assert.equal(peer.closed, true);
	});
});

describe("a port that ends", () => {
	const cases: [name: string, act: (port: BytePort, peer: Peer) => unknown, closed: boolean, sent: unknown[]][] = [
		["stays open after EOF one way", (_, peer) => peer.deliver(null), false, []],
		["closes after EOF both ways", (port, peer) => [peer.deliver(null), port.end()], true, [null]],
		["closes when it is broken off there", (_, peer) => peer.deliver(reset), true, []],
		["closes when it is broken off here, and says so", (port) => port.reset(new Error("x")), true, [reset]],
		["closes in silence when the core is gone", (port) => port.fail(new Error("x")), true, []],
		["is broken off once", (port) => [port.reset(new Error("x")), port.reset(new Error("y"))], true, [reset]],
	];
	for (const [name, act, closed, sent] of cases) {
		it(name, () => {
			const peer = new Peer();
			let told = 0;
			const port = new BytePort(peer, () => told++);
			act(port, peer);
			assert.equal(peer.closed, closed);
			assert.equal(port.closed, closed);
			assert.equal(told, closed ? 1 : 0);
			assert.deepEqual(peer.take(), sent);
		});
	}
});

const kinds = { "a stream of a port": true, "a stream of a port, where browsers have no byte streams": false };

for (const [name, bytes] of Object.entries(kinds))
	describe(name, () => {
		const has = Object.getOwnPropertyDescriptor(globalThis, "ReadableByteStreamController") as PropertyDescriptor;
		before(() => {
			if (!bytes) Reflect.deleteProperty(globalThis, "ReadableByteStreamController");
		});
		after(() => {
			Object.defineProperty(globalThis, "ReadableByteStreamController", has);
		});

		it("gives no more credit than its reader takes", async () => {
			const { port, peer } = pair();
			const reader = readableOf(port).getReader();
			assert.deepEqual(peer.take(), [WINDOW]);
			for (let i = 0; i < 4; i++) peer.deliver(new Uint8Array(WINDOW / 4));
			await new Promise(setImmediate);
			assert.deepEqual(peer.take(), []);
			for (let i = 0; i < 4; i++) await reader.read();
			await new Promise(setImmediate);
			const granted = (peer.take() as number[]).reduce((a, b) => a + b, 0);
			assert.equal(granted, WINDOW);
		});

		it("ends with EOF after the last byte", async () => {
			const { port, peer } = pair();
			const stream = readableOf(port);
			peer.deliver(Uint8Array.of(1, 2));
			peer.deliver(null);
			assert.deepEqual(new Uint8Array(await new Response(stream).arrayBuffer()), Uint8Array.of(1, 2));
		});

		it("fails with the failure", async () => {
			const { port, peer } = pair();
			const read = readableOf(port).getReader().read();
			peer.deliver(gone);
			await assert.rejects(read, { name: "SSHError", code: "closed", message: gone.message });
		});

		it("lets what came before a failure be read", async () => {
			const { port, peer } = pair();
			const reader = readableOf(port).getReader();
			peer.deliver(Uint8Array.of(1));
			peer.deliver(Uint8Array.of(2));
			peer.deliver(gone);
			assert.deepEqual((await reader.read()).value, Uint8Array.of(1));
			assert.deepEqual((await reader.read()).value, Uint8Array.of(2));
			await assert.rejects(reader.read(), { message: gone.message });
		});

		it("discards what comes after it was cancelled, so that the command goes on", async () => {
			const { port, peer } = pair();
			const stream = readableOf(port);
			peer.deliver(new Uint8Array(WINDOW));
			peer.take();
			await stream.cancel();
			peer.deliver(new Uint8Array(WINDOW));
			const granted = (peer.take() as number[]).reduce((a, b) => a + b, 0);
			assert.equal(granted, 2 * WINDOW);
			peer.deliver(null);
			assert.equal(port.closed, false);
		});

		it("holds a writer back until there is credit", async () => {
			const { port, peer } = pair();
			const writer = writableOf(port).getWriter();
			const chunk = Uint8Array.of(1, 2, 3);
			let done = false;
			const write = writer.write(chunk).then(() => (done = true));
			await new Promise(setImmediate);
			assert.equal(done, false);
			peer.deliver(2);
			await new Promise(setImmediate);
			assert.equal(done, false);
			peer.deliver(1);
			await write;
			assert.equal(chunk.byteLength, 3, "the caller keeps its chunk");
			await writer.close();
			assert.deepEqual(peer.take(), ["2 bytes", "1 bytes", null]);
		});

		it("breaks the port off when the writer gives up", async () => {
			const { port, peer } = pair();
			await writableOf(port).abort(new Error("disk full"));
			assert.deepEqual(peer.take(), [reset]);
		});
	});

it("a byte stream of a port ends with EOF while a reader waits, into its own buffer too", async () => {
	const { port, peer } = pair();
	const reader = readableOf(port).getReader({ mode: "byob" });
	const read = reader.read(new Uint8Array(8));
	peer.deliver(null);
	assert.equal((await read).done, true);
});

// Measures the library in the page, as the job asks, and reports.
import { finish, job, mark } from "./report.js";

const { connect, preload } = await import("/lib/wasmiko.js");
await preload();
const compiled = performance.now();
const encoder = new TextEncoder();

/** From connect() to the first bytes of a login shell. */
async function firstPrompt(target) {
	const client = await connect(target);
	const shell = await client.shell();
	await new Promise((resolve) => {
		shell.attach((_, consumed) => {
			consumed();
			resolve();
		});
	});
	return client;
}

/** What sends a byte over a connection of its own and waits for it to come back. */
async function echoing(target) {
	const client = await connect(target);
	const { readable, writable } = await client.spawn("cat");
	const [reader, writer] = [readable.getReader(), writable.getWriter()];
	return async () => {
		await writer.write(encoder.encode("x"));
		await reader.read();
	};
}

const measures = {
	// From the address to a prompt, and how much of it the network had to do. With ?tab, in a tab that this one opens.
	async visit({ target, first }) {
		const client = await firstPrompt(target);
		const prompt = performance.now();
		// The browser keeps compiled code after a while.
		if (first) await new Promise((resolve) => setTimeout(resolve, 3000));
		await client.close();
		if (location.search === "?tab") {
			window.open(location.pathname, "_blank", "noopener");
			return new Promise(() => {});
		}
		const core = performance.getEntriesByType("resource").find(({ name }) => /core-.*\.wasm$/.test(name));
		return { compiled, prompt, fetched: core.transferSize };
	},

	// From connect() to the first bytes of a login shell.
	async prompt({ target, runs }) {
		const times = [];
		for (let i = 0; i < runs; i++) {
			const start = performance.now();
			const client = await firstPrompt(target);
			times.push(performance.now() - start);
			await client.close();
		}
		return { times };
	},

	// A key's way from the main thread to the server's terminal and back.
	async echo({ target, runs }) {
		const client = await connect(target);
		const shell = await client.shell();
		let seen = () => {};
		let text = "";
		const decoder = new TextDecoder();
		shell.attach((chunk, consumed) => {
			text += decoder.decode(chunk);
			consumed();
			seen();
		});
		const until = async (pattern) => {
			while (!pattern.test(text)) await new Promise((resolve) => (seen = resolve));
			text = "";
		};
		shell.send(encoder.encode("stty raw -echo; echo re''ady; cat\n"));
		await until(/ready/);
		const times = [];
		for (let i = 0; i < runs; i++) {
			const start = performance.now();
			shell.send(encoder.encode("x"));
			await until(/x/);
			times.push(performance.now() - start);
			// People do not type back to back, and neither do natives here.
			await new Promise((resolve) => setTimeout(resolve, 3));
		}
		await client.close();
		return { times };
	},

	// From the return of a network that all of some sessions had lost to a byte there and back in each.
	async resume({ target, losses, sessions }) {
		const all = await Promise.all(Array.from({ length: sessions }, () => echoing(target)));
		const times = [];
		for (const loss of losses) {
			await mark("down");
			await new Promise((resolve) => setTimeout(resolve, loss));
			await mark("up");
			const start = performance.now();
			// As browsers tell it.
			dispatchEvent(new Event("online"));
			await Promise.all(all.map((once) => once().then(() => times.push(performance.now() - start))));
		}
		return { times };
	},

	async download({ target, bytes, runs }) {
		const client = await connect(target);
		const times = [];
		for (let i = 0; i < runs; i++) {
			const start = performance.now();
			const p = await client.spawn(`head -c ${bytes} /dev/zero`);
			const reader = p.readable.getReader();
			let got = 0;
			for (;;) {
				const { done, value } = await reader.read();
				if (done) break;
				got += value.length;
			}
			if (got !== bytes) throw new Error(`${got} bytes of ${bytes}`);
			times.push(performance.now() - start);
		}
		await client.close();
		return { times };
	},

	async upload({ target, bytes, runs }) {
		const client = await connect(target);
		const times = [];
		for (let i = 0; i < runs; i++) {
			let left = bytes;
			const input = new ReadableStream(
				{
					pull(controller) {
						const n = Math.min(left, 65536);
						left -= n;
						controller.enqueue(new Uint8Array(n));
						if (left === 0) controller.close();
					},
				},
				{ highWaterMark: 4 },
			);
			const start = performance.now();
			const result = await client.exec("wc -c", { input });
			times.push(performance.now() - start);
			if (Number(result.text()) !== bytes) throw new Error(`${result.text()} bytes of ${bytes}`);
		}
		await client.close();
		return { times };
	},
};

await finish(async () => measures[(await job()).kind](await job()));

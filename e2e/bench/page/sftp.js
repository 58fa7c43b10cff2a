// Measures files in the page, as the job asks, and reports.
import { finish, job, mark } from "./report.js";

const { connect } = await import("/lib/wasmiko.js");
const task = await job();
const quiet = () => new Promise((resolve) => setTimeout(resolve, 2000));
if (task.kind === "thereAndBack") {
	await quiet();
	await mark("loaded");
}
const client = await connect(task.target);
const sftp = await client.sftp();
const disk = await navigator.storage.getDirectory();

/** How many small files are on their way at a time. */
const PARALLEL = 16;

async function timed(work) {
	const start = performance.now();
	await work();
	return { times: [performance.now() - start] };
}

/** A file of the browser's own with random bytes, on its disk. */
async function local(name, size) {
	const handle = await disk.getFileHandle(name, { create: true });
	// Of a round before.
	if ((await handle.getFile()).size === size) return handle;
	const out = await handle.createWritable();
	for (let at = 0; at < size; at += 2 ** 20) {
		const block = new Uint8Array(Math.min(2 ** 20, size - at));
		// That is as much as there is at a time.
		for (let from = 0; from < block.length; from += 65_536) crypto.getRandomValues(block.subarray(from, from + 65_536));
		await out.write(block);
	}
	await out.close();
	return handle;
}

/** Does something for each small file, several at a time. */
async function eachSmall(step) {
	const names = Array.from({ length: task.count }, (_, i) => `f${String(i).padStart(4, "0")}`);
	const next = async () => {
		for (let name = names.pop(); name !== undefined; name = names.pop()) await step(name);
	};
	await Promise.all(Array.from({ length: PARALLEL }, next));
}

const measures = {
	read: () =>
		timed(async () => {
			const reader = sftp.read(task.path).getReader();
			while (!(await reader.read()).done);
		}),

	async get() {
		const handle = await disk.getFileHandle("got", { create: true });
		const result = await timed(() => sftp.get(task.path, handle));
		const { size } = await handle.getFile();
		if (size !== task.size) throw new Error(`${size} bytes of ${task.size}`);
		return result;
	},

	async put() {
		const file = await (await local("sent", task.size)).getFile();
		return timed(() => sftp.put(file, task.path));
	},

	// In phases, each of which is watched from outside.
	async thereAndBack() {
		await mark("connected");
		await quiet();
		await mark("idle");
		const handle = await disk.getFileHandle("large", { create: true });
		await sftp.get(task.path, handle);
		await mark("down");
		const { bytes } = await sftp.put(await handle.getFile(), `${task.path}.back`);
		await mark("up");
		if (bytes !== task.size) throw new Error(`${bytes} bytes of ${task.size}`);
		return {};
	},

	// Each folder to its end.
	async list() {
		await quiet();
		await mark("connected");
		const times = [];
		for (const path of task.paths) {
			const start = performance.now();
			let count = 0;
			for await (const _ of sftp.list(path, { max: task.count })) count++;
			times.push(performance.now() - start);
			if (!path.endsWith(`-${count}`)) throw new Error(`${path}: ${count} entries`);
		}
		await mark("listed");
		return { times };
	},

	async putSmall() {
		const files = new Map();
		await eachSmall(async (name) => files.set(name, await (await local(name, task.size)).getFile()));
		return timed(() => eachSmall((name) => sftp.put(files.get(name), `${task.path}/${name}`)));
	},

	async getSmall() {
		const result = await timed(() =>
			eachSmall(async (name) => {
				await sftp.get(`${task.path}/${name}`, await disk.getFileHandle(name, { create: true }));
			}),
		);
		await eachSmall(async (name) => {
			const { size } = await (await disk.getFileHandle(name)).getFile();
			if (size !== task.size) throw new Error(`${name}: ${size} bytes of ${task.size}`);
		});
		return result;
	},
};

await finish(() => measures[task.kind]());

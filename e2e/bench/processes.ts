/** What the kernel tells of processes: no debugger is asked, which would change what is measured. */
import { readdirSync, readFileSync } from "node:fs";

/** Seconds in a tick of /proc/PID/stat, the same on every Linux that runs a browser. */
const TICK = 0.01;

/** Those that a browser runs its pages in. */
export function renderers(browser: number): number[] {
	return descendants(browser).filter((pid) => read(`/proc/${pid}/cmdline`).includes("--type=renderer"));
}

/** Bytes in memory, those shared with others in proportion. */
export function memory(pids: readonly number[]): number {
	let sum = 0;
	for (const pid of pids) sum += 1024 * Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
	return sum;
}

/** Bytes of a program's own: not those of its file, which come and go with what else the machine does. */
export function anonymous(pid: number): number {
	return 1024 * Number(/^Pss_Anon:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
}

/** Seconds that a process has computed, to the nanosecond; one that ends no threads. */
export function preciseSeconds(pid: number): number {
	const times = list(`/proc/${pid}/task`).map((thread) => read(`/proc/${pid}/task/${thread}/schedstat`));
	return times.reduce((sum, text) => sum + Number(text.split(" ")[0]) / 1e9, 0);
}

/** Seconds that the Workers' threads have computed. */
export function workerSeconds(pids: readonly number[]): number {
	let seconds = 0;
	for (const pid of pids)
		for (const thread of list(`/proc/${pid}/task`)) {
			const { name, computed } = stat(`/proc/${pid}/task/${thread}/stat`);
			if (name.startsWith("DedicatedWorker")) seconds += computed;
		}
	return seconds;
}

/** Seconds that processes have computed, with all of their threads. */
export function cpuSeconds(pids: readonly number[]): number {
	return pids.reduce((sum, pid) => sum + stat(`/proc/${pid}/stat`).computed, 0);
}

function stat(path: string): { name: string; computed: number } {
	const [, name = "", rest = ""] = /\((.*)\) (.*)/s.exec(read(path)) ?? [];
	// proc(5): of what follows the name, fields 12 and 13 are utime and stime.
	const fields = rest.split(" ");
	return { name, computed: (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK };
}

function descendants(pid: number): number[] {
	const children = list(`/proc/${pid}/task`)
		.flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).split(" "))
		.filter(Boolean)
		.map(Number);
	return children.flatMap((child) => [child, ...descendants(child)]);
}

// A process may end while it is looked at.
function read(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return "";
	}
}

function list(path: string): string[] {
	try {
		return readdirSync(path);
	} catch {
		return [];
	}
}

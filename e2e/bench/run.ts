/**
 * Measures Wasmiko in a real Chromium beside native programs, and prints a table.
 * Run by `make bench`, in the folder e2e; a name as argument picks rows.
 */
import { Bench, type Figures } from "./bench.ts";
import { crowd } from "./crowd.ts";
import { distance } from "./distance.ts";
import { exec } from "./exec.ts";
import { memory } from "./memory.ts";
import { profile } from "./profile.ts";
import { relay } from "./relay.ts";
import type { Row } from "./row.ts";
import { scale } from "./scale.ts";
import { sftp } from "./sftp.ts";
import { start } from "./start.ts";
import { survival } from "./survival.ts";
import { printTable, writeTable } from "./table.ts";
import { terminal } from "./terminal.ts";

/** No measurement takes longer unless it hangs, and then the others still have their turn. */
const limit = 180_000;

const figures: Figures = {
	...start,
	...terminal,
	...exec,
	...sftp,
	...distance,
	...profile,
	...memory,
	...relay,
	...survival,
	...crowd,
	...scale,
};
const only = process.argv[2];
const picked = Object.entries(figures).filter(
	([names]) => !only || names.split(" ").some((name) => name.startsWith(only)),
);
if (picked.length === 0) {
	console.error(`no row is called ${only}: there are ${Object.keys(figures).join(" ")}`);
	process.exit(1);
}

/** The rows that a measurement promises by its names; those it does not give have failed. */
async function rowsOf(bench: Bench, names: string, measure: Figures[string]): Promise<Row[]> {
	try {
		return await within(measure(bench), () => bench.page.abandon());
	} catch (error) {
		const failed = error instanceof Error ? error.message : String(error);
		return names.split(" ").map((name) => ({ name, failed }));
	}
}

async function within<T>(work: Promise<T>, abandon: () => void): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => {
			reject(new Error(`no figure in ${limit / 1000} s`));
			abandon();
		}, limit);
	});
	try {
		return await Promise.race([work, late]);
	} finally {
		clearTimeout(timer);
	}
}

const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(0);

const rows: Row[] = [];
const bench = new Bench();
const begun = performance.now();
try {
	await bench.start();
	for (const [names, measure] of picked) {
		const since = performance.now();
		const measured = await rowsOf(bench, names, measure);
		printTable(measured);
		console.log(`(${seconds(since)} s)\n`);
		rows.push(...measured);
	}
} finally {
	await bench.stop();
}
if (picked.length > 1) printTable(rows);
console.log(`${rows.length} rows in ${seconds(begun)} s`);
// Whole runs only, so that no figure is older than the rest.
if (!only) writeTable(rows);
// What hangs still holds the process.
process.exit(rows.some((row) => "failed" in row) ? 1 : 0);

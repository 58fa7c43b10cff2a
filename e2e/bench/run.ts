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
import { silence, survival } from "./survival.ts";
import { printTable, writeTable } from "./table.ts";
import { terminal } from "./terminal.ts";

/** No measurement takes longer unless it hangs, and then the others still have their turn. */
const limit = 180_000;

/** One after the other; what does nothing but wait goes beside others that mostly do. */
const turns: readonly (readonly Figures[])[] = [
	[{ ...start, ...terminal, ...exec, ...sftp, ...distance, ...profile, ...memory, ...relay }],
	[survival, silence],
	[{ ...crowd, ...scale }],
];
const only = process.argv[2];
const isPicked = (names: string) => !only || names.split(" ").some((name) => name.startsWith(only));
const all = turns.flat().flatMap(Object.keys);
const picked = all.filter(isPicked);
if (picked.length === 0) {
	console.error(`no row is called ${only}: there are ${all.join(" ")}`);
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

/** Takes those that are picked in turn. */
async function take(bench: Bench, figures: Figures): Promise<Row[]> {
	const rows: Row[] = [];
	for (const [names, measure] of Object.entries(figures)) {
		if (!isPicked(names)) continue;
		const since = performance.now();
		const measured = await rowsOf(bench, names, measure);
		printTable(measured);
		console.log(`(${seconds(since)} s)\n`);
		rows.push(...measured);
	}
	return rows;
}

const rows: Row[] = [];
const bench = new Bench();
const begun = performance.now();
try {
	await bench.start();
	for (const beside of turns) rows.push(...(await Promise.all(beside.map((each) => take(bench, each)))).flat());
} finally {
	await bench.stop();
}
if (picked.length > 1) printTable(rows);
console.log(`${rows.length} rows in ${seconds(begun)} s`);
// Whole runs only, so that no figure is older than the rest.
if (!only) writeTable(rows);
// What hangs still holds the process.
process.exit(rows.some((row) => "failed" in row) ? 1 : 0);

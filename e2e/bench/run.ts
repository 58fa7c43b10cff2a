/**
 * Measures Wasmiko in a real Chromium beside native programs, and prints a table.
 * Run by `make bench`, in the folder e2e; a name as argument picks rows.
 */
import { Bench, type Figures } from "./bench.ts";
import { exec } from "./exec.ts";
import { memory } from "./memory.ts";
import { relay } from "./relay.ts";
import type { Row } from "./row.ts";
import { sftp } from "./sftp.ts";
import { start } from "./start.ts";
import { printTable, writeTable } from "./table.ts";
import { terminal } from "./terminal.ts";

const figures: Figures = { ...start, ...terminal, ...exec, ...sftp, ...memory, ...relay };
const only = process.argv[2];
const picked = Object.entries(figures).filter(
	([names]) => !only || names.split(" ").some((name) => name.startsWith(only)),
);
if (picked.length === 0) {
	console.error(`no row is called ${only}: there are ${Object.keys(figures).join(" ")}`);
	process.exit(1);
}

const rows: Row[] = [];
const bench = new Bench();
try {
	await bench.start();
	for (const [, measure] of picked) {
		const measured = await measure(bench);
		printTable(measured);
		rows.push(...measured);
	}
} finally {
	await bench.stop();
}
console.log();
printTable(rows);
writeTable(rows, !only);

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import type { Row } from "./row.ts";

const round = (n: number): number => Number(n.toPrecision(4));

function cells(row: Row): string[] {
	if ("failed" in row) return [row.name, "", "failed", "", "", "", "**no**", row.failed.split("\n")[0] ?? ""];
	const ratio = row.peer === undefined ? "" : (row.wasmiko / row.peer).toFixed(2);
	return [
		row.name,
		row.unit,
		String(round(row.wasmiko)),
		row.peer === undefined ? "" : String(round(row.peer)),
		ratio,
		row.target,
		row.target === "" ? "" : row.met ? "yes" : "**no**",
		row.how,
	];
}

function record(row: Row): object {
	if ("failed" in row) return { ...row, wasmiko: null, peer: null, ratio: null };
	return {
		name: row.name,
		unit: row.unit,
		wasmiko: round(row.wasmiko),
		peer: row.peer === undefined ? null : round(row.peer),
		ratio: row.peer === undefined ? null : round(row.wasmiko / row.peer),
		target: row.target,
		lowerIsBetter: row.lowerIsBetter,
	};
}

const head = ["name", "unit", "Wasmiko", "peer", "ratio", "target", "met", "how"];

export function printTable(rows: readonly Row[]): void {
	const lines = [head, ...rows.map(cells)];
	const widths = head.map((_, i) => Math.max(...lines.map((l) => (l[i] ?? "").length)));
	for (const line of lines) console.log(line.map((c, i) => c.padEnd(widths[i] ?? 0)).join("  "));
}

/** Writes the table for people and for programs. */
export function writeTable(rows: readonly Row[]): void {
	const date = new Date().toISOString().slice(0, 10);
	const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}, ${browserVersion()}, ${goVersion()}`;
	const text = [
		"# Benchmarks",
		"",
		`Written by \`make bench\` on ${date}: ${machine}. Browser, relay and server share the machine.`,
		"The page is measured in a Chromium that no debugger is attached to. Peers are native programs in the same run,",
		"in turn with it; figures are medians unless their name says otherwise. MB are 10^6 bytes.",
		"",
		`| ${head.join(" | ")} |`,
		`|${head.map(() => "---").join("|")}|`,
		...rows.map((row) => `| ${cells(row).join(" | ")} |`),
		"",
	].join("\n");
	writeFileSync("../docs/benchmarks.md", text);
	writeFileSync("../docs/benchmarks.json", `${JSON.stringify(rows.map(record), null, "\t")}\n`);
}

function goVersion(): string {
	return execFileSync("go", ["env", "GOVERSION"], { encoding: "utf8" }).trim();
}

function browserVersion(): string {
	try {
		return (
			execFileSync(process.env.CHROME ?? "chromium", ["--version"], { encoding: "utf8" })
				.split(" built")[0]
				?.trim() ?? ""
		);
	} catch {
		return readFileSync("/etc/os-release", "utf8").split("\n")[0] ?? "";
	}
}

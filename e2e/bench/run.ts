/**
 * Measures Wasmiko in a real Chromium beside native ssh, and prints a table.
 * Run by `make bench`, in the folder e2e; a name as argument picks rows.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child } from "../process.ts";
import { SSHD } from "../sshd.ts";
import { BenchServer, removeProfile } from "./browser.ts";
import { NativeSSH } from "./native.ts";
import { median, quantile } from "./stats.ts";
import { printTable, type Row, writeTable } from "./table.ts";

const only = process.argv[2];
const server = new BenchServer();
const sshd = await new SSHD().start();
await server.start();
const wasmiko = new Child("../dist/wasmiko", [
	...["serve", "--listen", "127.0.0.1:0", "--allow", "127.0.0.1:*"],
	...["--origin", server.origin],
]);
const [, url = ""] = await wasmiko.until(/open (http:\S+)/);
server.relay = new URL("relay", url.replace(/^http/, "ws")).href;

const target = {
	relay: server.relay,
	host: "127.0.0.1",
	port: sshd.port,
	username: sshd.username,
	auth: [{ type: "publickey", key: sshd.read("user") }],
	hostKey: { pin: sshd.fingerprint() },
};
mkdirSync("../.cache", { recursive: true });
execFileSync("go", ["build", "-o", "../.cache/relaycat", "./bench/relaycat"], { stdio: "inherit" });
const direct = new NativeSSH(sshd);
const relayed = new NativeSSH(sshd, `../.cache/relaycat ${server.relay} %h %p`);

type Figure = () => Promise<Row[]>;
const MB = 1e6;
const bytes = 256 * MB;

const figures: Record<string, Figure> = {
	"wasm-brotli first-load-brotli": async () => {
		const manifest = JSON.parse(readFileSync("../.cache/build/manifest.json", "utf8")) as {
			core: string;
			firstLoad: string[];
		};
		const transferred = async (paths: string[]) => {
			let sum = 0;
			for (const path of paths) sum += await bytesOnTheWire(new URL(path, url));
			return sum;
		};
		const core = await transferred([manifest.core]);
		const first = await transferred(manifest.firstLoad.map((p) => (p === "index.html" ? "." : p)));
		return [
			at("wasm-brotli", "MB", core / MB, 1.45, "as the relay sends it"),
			at("first-load-brotli", "KB", first / 1000, 200, "all before the form works, without the wasm"),
		];
	},

	"cold-load": async () => {
		const cold: number[] = [];
		const warm: number[] = [];
		for (let i = 0; i < 5; i++) {
			const profile = mkdtempSync(join(tmpdir(), "wasmiko-bench-"));
			cold.push((await server.run<{ usable: number }>("/?bench", {}, profile)).usable);
			warm.push((await server.run<{ usable: number }>("/?bench", {}, profile)).usable);
			await removeProfile(profile);
		}
		return [
			at("cold-load", "ms", median(cold), 300, "new profile, to a field that takes input"),
			at("warm-load", "ms", median(warm), 300, "the same profile again"),
		];
	},

	"connect-to-prompt": async () => {
		const native: number[] = [];
		for (let i = 0; i < 7; i++) native.push(await relayed.prompt());
		const { times } = await server.run<Times>("/bench/library.html", { kind: "prompt", target, runs: 8 });
		const mine = median(times.slice(1));
		return [
			beside(
				"connect-to-prompt",
				"ms",
				mine,
				median(native),
				"at most 60 ms over native",
				mine - median(native) <= 60,
				true,
				"warm; native ssh through the same relay",
			),
		];
	},

	"echo-p50 echo-p99": async () => {
		const native = await relayed.echo(1000);
		const { times } = await server.run<Times>("/bench/library.html", { kind: "echo", target, runs: 1000 });
		const over = (share: number) => quantile(times, share) - quantile(native, share);
		const how = "main thread to main thread, 1,000 keys; native ssh through the same relay";
		return [
			beside(
				"echo-p50",
				"ms",
				quantile(times, 0.5),
				quantile(native, 0.5),
				"at most 1 ms over native",
				over(0.5) <= 1,
				true,
				how,
			),
			beside(
				"echo-p99",
				"ms",
				quantile(times, 0.99),
				quantile(native, 0.99),
				"at most 5 ms over native",
				over(0.99) <= 5,
				true,
				how,
			),
		];
	},

	"exec-download": async () => {
		const { native, mine } = await inTurn("download", `head -c ${bytes} /dev/zero`, "");
		return [
			beside(
				"exec-download",
				"MB/s",
				mine,
				native,
				"at least 0.75 of native",
				mine / native >= 0.75,
				false,
				"256 MB; native straight to sshd, same cipher",
			),
		];
	},

	"exec-upload": async () => {
		const { native, mine } = await inTurn("upload", "wc -c", `head -c ${bytes} /dev/zero |`);
		return [
			beside(
				"exec-upload",
				"MB/s",
				mine,
				native,
				"at least 0.75 of native",
				mine / native >= 0.75,
				false,
				"256 MB; native straight to sshd, same cipher",
			),
		];
	},

	"seq-2000000 flood-longest-task": async () => {
		const runs = [];
		for (let i = 0; i < 3; i++)
			runs.push(
				await server.run<{ ms: number; longest: number }>("/bench/terminal.html", {
					kind: "flood",
					target,
					lines: 2_000_000,
				}),
			);
		return [
			{
				...at(
					"seq-2000000",
					"ms",
					median(runs.map((r) => r.ms)),
					Number.POSITIVE_INFINITY,
					"seq 1 2000000 in the terminal, to the prompt",
				),
				target: "",
			},
			at(
				"flood-longest-task",
				"ms",
				median(runs.map((r) => r.longest)),
				50,
				"main thread, in that flood; 0: none over 50",
			),
		];
	},

	"ctrl-c": async () => {
		const { times } = await server.run<Times>("/bench/terminal.html", { kind: "ctrlC", target });
		return [at("ctrl-c", "ms", median(times), 100, "from the key to the prompt, while yes floods")];
	},
};

interface Times {
	times: number[];
}

/** A figure with a bound and no peer. */
function at(name: string, unit: string, wasmiko: number, most: number, how: string): Row {
	return { name, unit, wasmiko, target: `at most ${most} ${unit}`, met: wasmiko <= most, lowerIsBetter: true, how };
}

function beside(
	name: string,
	unit: string,
	wasmiko: number,
	peer: number,
	target: string,
	met: boolean,
	lowerIsBetter: boolean,
	how: string,
): Row {
	return { name, unit, wasmiko, peer, target, met, lowerIsBetter, how };
}

/** Page and native in turn, so that a machine whose speed drifts is fair to both. MB/s, without the login. */
async function inTurn(kind: string, command: string, input: string): Promise<{ native: number; mine: number }> {
	const native: number[] = [];
	const mine: number[] = [];
	const login = median([1, 2, 3].map(() => direct.time("true")));
	for (let i = 0; i < 3; i++) {
		native.push(direct.time(command, input) - login);
		const { times } = await server.run<Times>("/bench/library.html", { kind, target, bytes, runs: 1 });
		mine.push(...times);
	}
	const rate = (ms: number[]) => bytes / MB / (median(ms) / 1000);
	return { native: rate(native), mine: rate(mine) };
}

async function bytesOnTheWire(from: URL): Promise<number> {
	return new Promise((resolve, reject) => {
		get(from, { headers: { "Accept-Encoding": "br" } }, (res) => {
			if (res.statusCode !== 200) return reject(new Error(`${from}: ${res.statusCode}`));
			let n = 0;
			res.on("data", (chunk: Buffer) => {
				n += chunk.length;
			});
			res.on("end", () => resolve(n));
		}).on("error", reject);
	});
}

const rows: Row[] = [];
try {
	for (const [names, measure] of Object.entries(figures)) {
		if (only && !names.split(" ").some((n) => n.startsWith(only))) continue;
		const measured = await measure();
		printTable(measured);
		rows.push(...measured);
	}
} finally {
	await wasmiko.stop();
	server.stop();
	await sshd.dispose();
}
if (rows.length === 0) {
	console.error(`no row is called ${only}: there are ${Object.keys(figures).join(" ")}`);
	process.exit(1);
}
console.log();
printTable(rows);
writeTable(rows, !only);

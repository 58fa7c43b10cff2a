/** Files, beside OpenSSH's own sftp: one large, and many small. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type Figures, MB, MiB, type Times } from "./bench.ts";
import type { NativeSSH } from "./native.ts";
import { type Figure, known, rate } from "./row.ts";
import { median } from "./stats.ts";

const size = 256 * MiB;
const count = 2000;
const each = 4096;

export const sftp: Figures = {
	"sftp-download": async (bench) => {
		const { dir, large } = files(bench);
		const result = await inTurn(bench, `get ${large} /dev/null`, { kind: "read", path: large });
		rmSync(dir, { recursive: true });
		return speeds("sftp-download", result, 0.8, "256 MiB, read to its end; native get to /dev/null");
	},

	"sftp-download-disk": async (bench) => {
		const { dir, large } = files(bench);
		const result = await inTurn(bench, `get ${large} ${dir}/native`, { kind: "get", path: large, size });
		rmSync(dir, { recursive: true });
		return speeds("sftp-download-disk", result, 0.8, "256 MiB, into a file of the browser's; native get into a file");
	},

	"sftp-upload": async (bench) => {
		const { dir, large } = files(bench);
		const mine = `${dir}/mine`;
		const result = await inTurn(bench, `put ${large} ${dir}/native`, { kind: "put", path: mine, size });
		if (statSync(mine).size !== size) throw new Error(`${statSync(mine).size} bytes arrived of ${size}`);
		rmSync(dir, { recursive: true });
		return speeds("sftp-upload", result, 0.9, "256 MiB, from a file of the browser's; native put from a file");
	},

	"small-files-up": async (bench) => {
		const { dir, small } = files(bench);
		const fresh = () => {
			for (const name of ["native", "mine"]) rmSync(`${dir}/${name}`, { recursive: true, force: true });
			mkdirSync(`${dir}/mine`);
		};
		const job = { kind: "putSmall", path: `${dir}/mine`, count, size: each };
		const result = await inTurn(bench, `put -r ${small} ${dir}/native`, job, fresh);
		if (readdirSync(`${dir}/mine`).length !== count) throw new Error("not all of the files arrived");
		rmSync(dir, { recursive: true });
		return filesPerSecond("small-files-up", result, "2,000 of 4 KiB, whole and renamed; native put -r");
	},

	"small-files-down": async (bench) => {
		const { dir, small } = files(bench);
		const fresh = () => rmSync(`${dir}/native`, { recursive: true, force: true });
		const job = { kind: "getSmall", path: small, count, size: each };
		const result = await inTurn(bench, `get -r ${small} ${dir}/native`, job, fresh);
		rmSync(dir, { recursive: true });
		return filesPerSecond("small-files-down", result, "2,000 of 4 KiB, into the browser's files; native get -r");
	},
};

/** A folder on the server with something to move. */
function files({ sshd }: Bench): { dir: string; large: string; small: string } {
	const dir = join(sshd.dir, "bench");
	const small = join(dir, "small");
	const large = join(dir, "large");
	mkdirSync(small, { recursive: true });
	const make = `head -c ${size} /dev/urandom >"$1"; cd "$0" && head -c ${count * each} /dev/urandom | split -a 4 -d -b ${each} - f`;
	execFileSync("sh", ["-c", make, small, large]);
	return { dir, large, small };
}

interface Result {
	/** Milliseconds, medians, each without its login. */
	readonly mine: number;
	readonly direct: number;
	readonly relayed: number;
}

/** The page and native sftp both ways in turn, so that a machine whose speed drifts is fair to all. */
async function inTurn(bench: Bench, batch: string, job: object, fresh = () => {}): Promise<Result> {
	const natives = [bench.direct, bench.relayed] as const;
	const logins = natives.map((native) => median([1, 2, 3].map(() => native.sftp("pwd")))) as [number, number];
	const direct: number[] = [];
	const relayed: number[] = [];
	const mine: number[] = [];
	const timed = (native: NativeSSH, login: number) => {
		fresh();
		return native.sftp(batch) - login;
	};
	// Each is long enough to even out what is short.
	for (let i = 0; i < 2; i++) {
		direct.push(timed(bench.direct, logins[0]));
		relayed.push(timed(bench.relayed, logins[1]));
		fresh();
		const { times } = await bench.page.run<Times>("/bench/sftp.html", { target: bench.target(), ...job });
		mine.push(...times);
	}
	return { mine: median(mine), direct: median(direct), relayed: median(relayed) };
}

function speeds(name: string, { mine, direct, relayed }: Result, least: number, how: string): Figure[] {
	const speed = (ms: number) => size / MB / (ms / 1000);
	const wasmiko = speed(mine);
	const also = { unit: "MB/s", wasmiko, lowerIsBetter: false, how: "the same; native through the same relay" };
	return [
		rate(name, "MB/s", wasmiko, speed(direct), least, `${how}, straight to sshd`),
		known({ name: `${name}-relayed`, peer: speed(relayed), ...also }),
	];
}

function filesPerSecond(name: string, { mine, direct, relayed }: Result, how: string): Figure[] {
	const speed = (ms: number) => count / (ms / 1000);
	const wasmiko = speed(mine);
	const row = rate(name, "files/s", wasmiko, speed(direct), 1, `${how}, straight to sshd`);
	const least = { target: `${row.target}, and 400 files/s`, met: row.met && wasmiko >= 400 };
	const also = { unit: "files/s", wasmiko, lowerIsBetter: false, how: "the same; native through the same relay" };
	return [{ ...row, ...least }, known({ name: `${name}-relayed`, peer: speed(relayed), ...also })];
}

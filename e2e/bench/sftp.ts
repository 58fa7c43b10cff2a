/** Files, beside OpenSSH's own sftp: one large, and many small. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type Figures, MB, MiB, type Times } from "./bench.ts";
import { newProfile, removeProfile } from "./browser.ts";
import type { NativeSSH } from "./native.ts";
import { type Figure, known, rate } from "./row.ts";
import { median } from "./stats.ts";

const size = 256 * MiB;
const count = 2000;
const each = 4096;

export const sftp: Figures = {
	"sftp-download": async (bench) => {
		const { dir, large } = withLarge(bench);
		const result = await inTurn(bench, `get ${large} /dev/null`, { kind: "read", path: large });
		rmSync(dir, { recursive: true });
		return speeds("sftp-download", result, 0.8, "256 MiB, read to its end; native get to /dev/null");
	},

	"sftp-download-disk": async (bench) => {
		const { dir, large } = withLarge(bench);
		const result = await inTurn(bench, `get ${large} ${dir}/native`, { kind: "get", path: large, size });
		rmSync(dir, { recursive: true });
		return speeds("sftp-download-disk", result, 0.8, "256 MiB, into a file of the browser's; native get into a file");
	},

	"sftp-upload": async (bench) => {
		const { dir, large } = withLarge(bench);
		const mine = `${dir}/mine`;
		const result = await inTurn(bench, `put ${large} ${dir}/native`, { kind: "put", path: mine, size });
		if (statSync(mine).size !== size) throw new Error(`${statSync(mine).size} bytes arrived of ${size}`);
		rmSync(dir, { recursive: true });
		return speeds("sftp-upload", result, 0.9, "256 MiB, from a file of the browser's; native put from a file");
	},

	"small-files-up": async (bench) => {
		const { dir, small } = withSmall(bench);
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
		const { dir, small } = withSmall(bench);
		const fresh = () => rmSync(`${dir}/native`, { recursive: true, force: true });
		const job = { kind: "getSmall", path: small, count, size: each };
		const result = await inTurn(bench, `get -r ${small} ${dir}/native`, job, fresh);
		rmSync(dir, { recursive: true });
		return filesPerSecond("small-files-down", result, "2,000 of 4 KiB, into the browser's files; native get -r");
	},
};

/** A folder on the server with a large file. */
function withLarge(bench: Bench): { dir: string; large: string } {
	const dir = folder(bench);
	const large = join(dir, "large");
	execFileSync("sh", ["-c", `head -c ${size} /dev/urandom >"$0"`, large]);
	return { dir, large };
}

/** A folder on the server with a folder of many small files. */
function withSmall(bench: Bench): { dir: string; small: string } {
	const dir = folder(bench);
	const small = join(dir, "small");
	mkdirSync(small, { recursive: true });
	const make = `cd "$0" && head -c ${count * each} /dev/urandom | split -a 4 -d -b ${each} - f`;
	execFileSync("sh", ["-c", make, small]);
	return { dir, small };
}

function folder({ sshd }: Bench): string {
	const dir = join(sshd.dir, "bench");
	mkdirSync(dir, { recursive: true });
	return dir;
}

/** What the page is to do. */
interface Job {
	readonly kind: string;
	readonly path: string;
	readonly size?: number;
	readonly count?: number;
}

interface Result {
	/** Milliseconds without the login, medians but of `relayed`. */
	readonly mine: number;
	readonly direct: number;
	readonly relayed: number;
}

/** The page and native sftp both ways in turn, so that a machine whose speed drifts is fair to all. */
async function inTurn(bench: Bench, batch: string, job: Job, fresh = () => {}): Promise<Result> {
	const direct: number[] = [];
	const mine: number[] = [];
	const timed = (native: NativeSSH) => {
		fresh();
		return native.sftp(batch) - native.sftpLogin;
	};
	// What the page sends it makes only once.
	const kept = /^put/.test(job.kind) ? { profile: newProfile() } : {};
	// Each is long enough to even out what is short.
	const round = async () => {
		direct.push(timed(bench.direct));
		fresh();
		const { times } = await bench.page.run<Times>("/bench/sftp.html", { target: bench.target(), ...job }, kept);
		mine.push(...times);
	};
	await round();
	// In the middle, and once: nothing is promised over it.
	const relayed = timed(bench.relayed);
	await round();
	if (kept.profile) await removeProfile(kept.profile);
	return { mine: median(mine), direct: median(direct), relayed };
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

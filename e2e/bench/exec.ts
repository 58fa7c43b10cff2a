/** Bytes through a command's streams. */
import { SSHD } from "../sshd.ts";
import { type Bench, type Figures, MB, type Times } from "./bench.ts";
import { rate } from "./row.ts";
import { median } from "./stats.ts";

const bytes = 256 * MB;
const how = "256 MB; native straight to sshd, same cipher";

export const exec: Figures = {
	"exec-download": async (bench) => {
		const { native, mine } = await inTurn(bench, "download", `head -c ${bytes} /dev/zero`, "");
		return [rate("exec-download", "MB/s", mine, native, 0.75, how)];
	},

	"exec-upload": async (bench) => {
		const { native, mine } = await inTurn(bench, "upload", "wc -c", `head -c ${bytes} /dev/zero |`);
		return [rate("exec-upload", "MB/s", mine, native, 0.75, how)];
	},

	"aes-gcm-download": async (bench) => {
		const sshd = await new SSHD({ config: ["Ciphers aes128-gcm@openssh.com"] }).start();
		try {
			const target = bench.target(sshd);
			const job = { kind: "download", target, bytes: bytes / 4, runs: 1 };
			const [mine, std]: [number[], number[]] = [[], []];
			for (let i = 0; i < 2; i++)
				for (const [times, insecure] of [
					[mine, false],
					[std, true],
				] as const)
					times.push(...(await bench.page.run<Times>("/bench/library.html", job, { insecure })).times);
			const speed = (ms: number[]) => bytes / 4 / MB / (median(ms) / 1000);
			const how = "64 MB from a server with aes128-gcm alone; beside the same page without WebCrypto: Go's own AES";
			const row = rate("aes-gcm-download", "MB/s", speed(mine), speed(std), 2, how);
			return [{ ...row, target: "at least 2 of Go's own AES" }];
		} finally {
			await sshd.dispose();
		}
	},
};

/** Page and native in turn, so that a machine whose speed drifts is fair to both. MB/s, without the login. */
async function inTurn(bench: Bench, kind: string, command: string, input: string) {
	const native: number[] = [];
	const mine: number[] = [];
	const login = median([1, 2, 3].map(() => bench.direct.time("true")));
	for (let i = 0; i < 2; i++) {
		native.push(bench.direct.time(command, input) - login);
		const job = { kind, target: bench.target(), bytes, runs: 1 };
		const { times } = await bench.page.run<Times>("/bench/library.html", job);
		mine.push(...times);
	}
	const speed = (ms: number[]) => bytes / MB / (median(ms) / 1000);
	return { native: speed(native), mine: speed(mine) };
}

/** From nothing to a prompt. */
import { readFileSync } from "node:fs";
import { get } from "node:http";
import { type Figures, MB, type Times } from "./bench.ts";
import { newProfile, removeProfile } from "./browser.ts";
import { at, known, over } from "./row.ts";
import { median } from "./stats.ts";

/** What a page tells of itself: milliseconds since it was asked for, and bytes that came for the core. */
interface Visit {
	readonly compiled: number;
	readonly prompt: number;
	readonly fetched: number;
}

/** The same of what the form needs: when it was on the screen, and when the program carried out what was submitted. */
interface Load {
	readonly usable: number;
	readonly carriedOut: number;
}

export const start: Figures = {
	"wasm-brotli first-load-brotli": async ({ url }) => {
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

	"cold-load warm-load": async ({ page }) => {
		const none = () => ({ mine: [] as Load[], button: [] as Load[], isolated: [] as Load[] });
		const times = { cold: none(), warm: none() };
		for (let i = 0; i < 5; i++)
			for (const [which, path] of [
				["mine", "/?bench=load"],
				["button", "/bench/empty.html"],
				["isolated", "/bench/empty.html?isolated"],
			] as const) {
				const profile = newProfile();
				for (const visit of ["cold", "warm"] as const)
					times[visit][which].push(await page.run<Load>(path, {}, { profile }));
				await removeProfile(profile);
			}
		const row = (visit: "cold" | "warm", how: string) => {
			const of = (which: keyof ReturnType<typeof none>, time: keyof Load) =>
				median(times[visit][which].map((t) => t[time]));
			const rest = `what is submitted then is kept, and carried out by ${of("mine", "carriedOut").toFixed(0)}`;
			const [button, isolated] = [of("button", "usable").toFixed(0), of("isolated", "usable").toFixed(0)];
			const than = `a page that is only a button: ${button}, and ${isolated} if it keeps others out of its process`;
			return at(`${visit}-load`, "ms", of("mine", "usable"), 300, `${how}; ${rest}; ${than}`);
		};
		return [row("cold", "new profile, to field and button on the screen"), row("warm", "the same profile again")];
	},

	"first-prompt first-prompt-again first-prompt-tab": async (bench) => {
		const visits: Record<"cold" | "again" | "tab", Visit[]> = { cold: [], again: [], tab: [] };
		const job = { kind: "visit", target: bench.target() };
		for (let i = 0; i < 3; i++) {
			const profile = newProfile();
			for (const [kind, query] of [
				["cold", ""],
				["again", ""],
				["tab", "?tab"],
			] as const)
				visits[kind].push(
					await bench.page.run<Visit>(`/bench/library.html${query}`, { ...job, first: kind === "cold" }, { profile }),
				);
			await removeProfile(profile);
		}
		const row = (name: string, seen: Visit[], peer?: number) => {
			const [compiled, fetched] = [median(seen.map((v) => v.compiled)), median(seen.map((v) => v.fetched))];
			const how = `from nothing to a prompt; ${Math.round(fetched / 1000)} KB of the core fetched, compiled by ${Math.round(compiled)} ms`;
			const wasmiko = median(seen.map((v) => v.prompt));
			return known({ name, unit: "ms", wasmiko, ...(peer && { peer }), lowerIsBetter: true, how });
		};
		const cold = row("first-prompt", visits.cold);
		return [
			cold,
			row("first-prompt-again", visits.again, cold.wasmiko),
			row("first-prompt-tab", visits.tab, cold.wasmiko),
		];
	},

	"connect-to-prompt": async (bench) => {
		const native: number[] = [];
		const mine: number[] = [];
		for (let i = 0; i < 3; i++) {
			for (let j = 0; j < 4; j++) native.push(await bench.relayed.prompt());
			const job = { kind: "prompt", target: bench.target(), runs: 5 };
			const { times } = await bench.page.run<Times>("/bench/library.html", job);
			mine.push(...times.slice(1));
		}
		const how = "warm; native ssh through the same relay";
		return [over("connect-to-prompt", median(mine), median(native), 60, how)];
	},
};

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

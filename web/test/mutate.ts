/** Broken texts and values made from good ones, for parsers. Every run is new; its seed is printed by a failure. */
import { randomInt } from "node:crypto";

/** The seed of this run; `SEED=…` replays another. */
const seed = Number(process.env.SEED ?? randomInt(2 ** 31));

/** Numbers from a seed: mulberry32. */
class Dice {
	#state: number;
	constructor(seed: number) {
		this.#state = seed;
	}
	/** A whole number from 0 to below `n`. */
	roll(n: number): number {
		this.#state = (this.#state + 0x6d2b79f5) | 0;
		let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * n);
	}
	of<T>(list: readonly T[]): T {
		return list[this.roll(list.length)] as T;
	}
}

const pieces = [
	...[
		"",
		" ",
		"\t",
		"\n",
		"\r\n",
		"\0",
		"\x1b[31m",
		"\x7f",
		"\u0085",
		"\u200b",
		"\u202e",
		"\ufeff",
		"\ud800",
		"é",
		"中",
		"👩‍💻",
	],
	...[
		"@",
		":",
		"/",
		"//",
		"[",
		"]",
		"%",
		"%00",
		"%zz",
		"\\",
		"'",
		'"',
		"`",
		"$(x)",
		";",
		",",
		"=",
		"-",
		"--",
		"-J",
		"-p",
		"-l",
	],
	...[
		"0",
		"65536",
		"-1",
		"1e9",
		"::1",
		"127.1",
		"0x7f.1",
		"ssh://",
		"file://",
		"http://",
		"javascript:",
		"xn--",
		"a".repeat(300),
	],
];

/** Runs `check` on `rounds` texts made of the good ones. */
export function withTexts(good: readonly string[], rounds: number, check: (text: string) => void): void {
	const dice = new Dice(seed);
	for (let i = 0; i < rounds; i++) {
		let text = dice.of(good);
		for (let n = dice.roll(4); n > 0; n--) text = mutated(text, good, dice);
		attempt(text, () => check(text));
	}
}

function mutated(text: string, good: readonly string[], dice: Dice): string {
	const at = dice.roll(text.length + 1);
	const to = at + dice.roll(Math.min(8, text.length - at) + 1);
	switch (dice.roll(4)) {
		case 0:
			return text.slice(0, at) + text.slice(to);
		case 1:
			return text.slice(0, at) + dice.of(pieces) + text.slice(at);
		case 2:
			return text.slice(0, at) + dice.of(good).slice(dice.roll(8));
		default:
			return text.slice(0, at) + String.fromCharCode(dice.roll(0x10000)) + text.slice(at + 1);
	}
}

/** Runs `check` on `rounds` values made of the good ones. */
export function withValues(good: readonly object[], rounds: number, check: (value: unknown) => void): void {
	const dice = new Dice(seed);
	const names = [...new Set(good.flatMap((value) => Object.keys(value))), "__proto__", "constructor", "toString", ""];
	const value = (depth: number): unknown => {
		switch (dice.roll(depth > 2 ? 6 : 9)) {
			case 0:
				return dice.of([undefined, null, true, false]);
			case 1:
				return dice.of([0, -1, 1.5, 22, 65536, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, -0]);
			case 2:
			case 3:
				return dice.of(pieces);
			case 4:
				return new Uint8Array(dice.roll(4));
			case 5:
				return dice.of(Object.values(dice.of(good)));
			case 6:
				return Array.from({ length: dice.roll(3) }, () => value(depth + 1));
			default:
				return Object.fromEntries(Array.from({ length: dice.roll(4) }, () => [dice.of(names), value(depth + 1)]));
		}
	};
	for (let i = 0; i < rounds; i++) {
		const some = dice.roll(10) === 0 ? value(0) : { ...dice.of(good), [dice.of(names)]: value(1) };
		attempt(some, () => check(some));
	}
}

function attempt(what: unknown, check: () => void): void {
	try {
		check();
	} catch (cause) {
		throw new Error(`with ${JSON.stringify(what)?.slice(0, 500)} (SEED=${seed})`, { cause });
	}
}

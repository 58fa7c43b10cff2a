import type { IDisposable, IFunctionIdentifier, IParser } from "@xterm/xterm";
import { RateLimit } from "./rate.ts";

/** Sequences that the terminal answers: device attributes and status, modes, its version. */
const questions: readonly IFunctionIdentifier[] = [
	{ final: "c" },
	{ prefix: ">", final: "c" },
	{ final: "n" },
	{ prefix: "?", final: "n" },
	{ intermediates: "$", final: "p" },
	{ prefix: "?", intermediates: "$", final: "p" },
	{ prefix: ">", final: "q" },
	{ final: "t" },
];

/** Those of OSC that are questions when their text has a `?`: palette, foreground, background, cursor. */
const colours = [4, 10, 11, 12];

/**
 * Lets at most so many questions a second through. Output that asks without
 * end would otherwise flood the program's input with answers that nobody typed.
 */
export function limitReplies(parser: IParser, perSecond: number): IDisposable[] {
	const limit = new RateLimit(perSecond, 1000);
	// True: handled, so that xterm's own handler does not answer.
	const full = (): boolean => !limit.pass(performance.now());
	return [
		...questions.map((id) => parser.registerCsiHandler(id, full)),
		...colours.map((id) => parser.registerOscHandler(id, (data) => data.includes("?") && full())),
		parser.registerDcsHandler({ intermediates: "$", final: "q" }, full),
	];
}

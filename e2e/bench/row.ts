/** A figure that was taken, or one that could not be. */
export type Row = Figure | Failure;

/** Why there is no figure. */
export interface Failure {
	readonly name: string;
	readonly failed: string;
}

/** One figure. `target` is a bound on `ratio` where there is a peer and the text says so, else on the figure. */
export interface Figure {
	readonly name: string;
	readonly unit: string;
	readonly wasmiko: number;
	/** The native peer in the same run; absent where there is none. */
	readonly peer?: number;
	/** In words, with its figure; empty where there is none to meet. */
	readonly target: string;
	readonly met: boolean;
	readonly lowerIsBetter: boolean;
	/** How it was measured, in a few words. */
	readonly how: string;
}

/** A figure with a bound and no peer. */
export function at(name: string, unit: string, wasmiko: number, most: number, how: string): Figure {
	return { name, unit, wasmiko, target: `at most ${most} ${unit}`, met: wasmiko <= most, lowerIsBetter: true, how };
}

/** A figure that is to be known, and has nothing to meet. */
export function known(row: Omit<Figure, "target" | "met">): Figure {
	return { ...row, target: "", met: true };
}

/** A rate beside that of a peer: at least so much of it. */
export function rate(name: string, unit: string, wasmiko: number, peer: number, least: number, how: string): Figure {
	const met = wasmiko / peer >= least;
	return { name, unit, wasmiko, peer, target: `at least ${least} of native`, met, lowerIsBetter: false, how };
}

/** A time beside that of a peer: at most so much more. */
export function over(name: string, wasmiko: number, peer: number, most: number, how: string): Figure {
	const met = wasmiko - peer <= most;
	const target = `at most ${most} ms over native`;
	return { name, unit: "ms", wasmiko, peer, target, met, lowerIsBetter: true, how };
}

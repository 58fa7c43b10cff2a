/** The value below which the given share of the samples lies. */
export function quantile(samples: readonly number[], share: number): number {
	const sorted = [...samples].sort((a, b) => a - b);
	const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
	if (value === undefined) throw new Error("no samples");
	return value;
}

/** Of an even number, the mean of the two in the middle. */
export function median(samples: readonly number[]): number {
	const sorted = [...samples].sort((a, b) => a - b);
	const [lower, upper] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
	if (lower === undefined || upper === undefined) throw new Error("no samples");
	return (lower + upper) / 2;
}

/** The value below which the given share of the samples lies. */
export function quantile(samples: readonly number[], share: number): number {
	const sorted = [...samples].sort((a, b) => a - b);
	const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
	if (value === undefined) throw new Error("no samples");
	return value;
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

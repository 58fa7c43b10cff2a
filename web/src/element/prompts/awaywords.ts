/** An interrupted connection in words. Pure text work. */
import type { LinkState } from "../../client/index.ts";

/** What is going on, so many milliseconds after it was told. */
export function describeAbsence({ attempt, waitMs, awayMs, holdMs }: LinkState, passed: number): string {
	const left = Math.ceil((waitMs - passed) / 1000);
	const trying = waitMs > 0 && left > 0 ? `Trying again in ${left} s` : "Trying";
	const number = attempt > 1 ? ` (attempt ${attempt})` : "";
	const hope =
		awayMs + passed < holdMs
			? `Nothing is lost: the gateway keeps the session for ${describeTime(holdMs)}.`
			: "The gateway may have given the session up by now.";
	return `${trying}${number}. ${hope}`;
}

/** A time as people say it. */
export function describeTime(ms: number): string {
	const minutes = Math.round(ms / 60_000);
	if (minutes < 1) return `${Math.max(1, Math.round(ms / 1000))} s`;
	if (minutes < 120) return minutes === 1 ? "a minute" : `${minutes} minutes`;
	return `${Math.round(minutes / 60)} hours`;
}

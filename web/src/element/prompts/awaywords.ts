/** An interrupted connection in words. Pure text work. */
import type { LinkState } from "../../client/index.ts";
import { t } from "../words/words.ts";

/** What is going on, so many milliseconds after it was told. */
export function describeAbsence({ attempt, waitMs, awayMs, holdMs }: LinkState, passed: number): string {
	const left = Math.ceil((waitMs - passed) / 1000);
	const waiting = waitMs > 0 && left > 0;
	const hope = awayMs + passed < holdMs ? t("away.held", { time: describeTime(holdMs) }) : t("away.late");
	return `${waiting ? waitingWords(left, attempt) : tryingWords(attempt)} ${hope}`;
}

function waitingWords(seconds: number, attempt: number): string {
	return attempt > 1 ? t("away.waiting.attempt", { seconds, attempt }) : t("away.waiting", { seconds });
}

function tryingWords(attempt: number): string {
	return attempt > 1 ? t("away.trying.attempt", { attempt }) : t("away.trying");
}

/** A time as people say it. */
export function describeTime(ms: number): string {
	const minutes = Math.round(ms / 60_000);
	if (minutes < 1) return t("time.seconds", { seconds: Math.max(1, Math.round(ms / 1000)) });
	if (minutes < 120) return t("time.minutes", { n: minutes });
	return t("time.hours", { n: Math.round(minutes / 60) });
}

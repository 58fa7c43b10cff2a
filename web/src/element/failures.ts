import { AlgorithmError, HostKeyError } from "../client/index.ts";
import type { Layer } from "./layer.ts";
import { legacyCard } from "./legacycard.ts";
import { type NoticeActions, problemCard } from "./notices.ts";
import type { Problem } from "./problems.ts";

/** A connect that failed, and what its card may offer. */
export interface Failure {
	/** `user@host:port`. */
	readonly where: string;
	readonly problem: Problem;
	readonly error: unknown;
	readonly actions: NoticeActions;
	/** Allows old algorithms for this host; undefined where nobody would remember it. */
	readonly allow: (() => void) | undefined;
}

/** Shows a failure; where a server has only old algorithms, and the page can remember that they are allowed, with the way on. */
export function showFailure(layer: Layer, failure: Failure): void {
	const { where, problem, error, actions, allow } = failure;
	const old = error instanceof AlgorithmError && error.legacy && error.jump === "" ? error : undefined;
	const back = () => showFailure(layer, failure);
	const ask = old && allow ? () => layer.show(legacyCard(where, old, allow, back)) : undefined;
	layer.show(problemCard(problem, actions, ask));
}

/** Whether a server showed a key that contradicts a saved one: a case for the alarm. */
export function isAlarming(error: unknown): error is HostKeyError {
	return error instanceof HostKeyError && (error.reason === "changed" || error.reason === "revoked");
}

import type { Progress } from "../client/index.ts";
import { t } from "./words/words.ts";

/** How far a terminal's session is. */
export type TerminalState =
	| "idle"
	| "connecting"
	| "kex"
	| "hostkey"
	| "auth"
	| "ready"
	| "reconnecting"
	| "lost"
	| "ended"
	| "failed";

/** The states of a session that runs, even if nothing comes through at the moment. */
export const liveStates: ReadonlySet<TerminalState> = new Set(["ready", "reconnecting"]);

/** The states in which a connection is being made. */
export const busyStates: ReadonlySet<TerminalState> = new Set(["connecting", "kex", "hostkey", "auth", "reconnecting"]);

/** The steps that the overlay lists, in order. */
export const steps: readonly Exclude<Progress["step"], "ready" | "rekey">[] = [
	"relay",
	"tcp",
	"kex",
	"hostkey",
	"auth",
];

/** The state that a step of connecting stands for; undefined if it changes none. */
export function stateOf(step: Progress["step"]): TerminalState | undefined {
	switch (step) {
		case "relay":
		case "tcp":
			return "connecting";
		case "kex":
		case "hostkey":
		case "auth":
			return step;
		default:
			return undefined;
	}
}

/** A state in words, for people who hear the page and for the status bar. */
export function describeState(state: TerminalState, where: string): string {
	return state === "idle" ? t("state.idle") : t(`state.${state}`, { where });
}

import type { Progress } from "../client/index.ts";

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

/** The steps that the overlay lists, in order, with what each is called. */
export const steps: readonly { readonly step: Progress["step"]; readonly label: string }[] = [
	{ step: "relay", label: "Gateway" },
	{ step: "tcp", label: "Server" },
	{ step: "kex", label: "Key exchange" },
	{ step: "hostkey", label: "Host key" },
	{ step: "auth", label: "Login" },
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
	switch (state) {
		case "idle":
			return "Not connected";
		case "connecting":
			return `Connecting to ${where}`;
		case "kex":
			return `Exchanging keys with ${where}`;
		case "hostkey":
			return `Checking the key of ${where}`;
		case "auth":
			return `Logging in to ${where}`;
		case "ready":
			return `Connected to ${where}`;
		case "reconnecting":
			return `Reconnecting to ${where}`;
		case "lost":
			return `Connection to ${where} lost`;
		case "ended":
			return `Session on ${where} ended`;
		case "failed":
			return `Could not connect to ${where}`;
	}
}

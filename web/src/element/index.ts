/** Defines `<ssh-terminal>`. Importing this module is all there is to do. */
import { SSHTerminal } from "./element.ts";

export { SSHTerminal } from "./element.ts";
export { PromptEvent, type PromptEventMap } from "./events.ts";
export type { Identity, KnownHostsBook, TerminalOptions } from "./options.ts";
export type { KeyHistory } from "./prompts/hostkey.ts";
export type { TerminalState } from "./state.ts";

if (customElements.get("ssh-terminal") === undefined) customElements.define("ssh-terminal", SSHTerminal);

declare global {
	interface HTMLElementTagNameMap {
		"ssh-terminal": SSHTerminal;
	}
}

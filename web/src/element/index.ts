/** Defines `<ssh-terminal>` and `<ssh-files>`. Importing this module is all there is to do. */
import { SSHTerminal } from "./element.ts";
import type { PromptEventMap, TerminalEventMap } from "./events.ts";
import { SSHFiles } from "./files/element.ts";

export { SSHTerminal } from "./element.ts";
export { PromptEvent, type PromptEventMap, type TerminalEventMap, type TicketAsk } from "./events.ts";
export { SSHFiles } from "./files/element.ts";
export type { Identity, JumpHost, KnownHostsBook, TerminalOptions } from "./options.ts";
export type { KeyHistory } from "./prompts/hostkey.ts";
export type { RendererChoice } from "./renderer.ts";
export type { TerminalState } from "./state.ts";
export { english } from "./words/english.ts";
export { type OwnWords, setLocale, setWords, type Word, type WordKey, type Words } from "./words/words.ts";

if (customElements.get("ssh-terminal") === undefined) customElements.define("ssh-terminal", SSHTerminal);
if (customElements.get("ssh-files") === undefined) customElements.define("ssh-files", SSHFiles);

declare global {
	interface HTMLElementTagNameMap {
		"ssh-terminal": SSHTerminal;
		"ssh-files": SSHFiles;
	}
	/** So that listeners know what they get, wherever the events bubble to. */
	interface HTMLElementEventMap extends TerminalEventMap, PromptEventMap {}
}

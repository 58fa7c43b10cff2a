/** Which keys are the page's and which the remote program's. Pure. */

/** What a key of ours does. */
export type KeyAction = "copy" | "paste" | "find" | "tab-focus" | "font-larger" | "font-smaller" | "font-reset";

/** The part of a KeyboardEvent that decides. */
export type Key = Pick<KeyboardEvent, "code" | "key" | "ctrlKey" | "shiftKey" | "altKey" | "metaKey">;

/**
 * The action of a key, undefined if it belongs to the remote program. All
 * without Shift is the program's, but for the font size and the Insert keys.
 */
export function keyAction(event: Key, mac: boolean): KeyAction | undefined {
	if (event.altKey) return undefined;
	if (event.code === "Insert" && !event.metaKey) {
		if (event.ctrlKey && !event.shiftKey) return "copy";
		if (event.shiftKey && !event.ctrlKey) return "paste";
	}
	// Ctrl+Shift+M is named to those who cannot see the page: it is the same everywhere.
	if (event.ctrlKey && event.shiftKey && !event.metaKey && event.code === "KeyM") return "tab-focus";
	if (mac) return event.metaKey && !event.ctrlKey ? macAction(event) : undefined;
	if (!event.ctrlKey || event.metaKey) return undefined;
	return event.shiftKey ? shifted(event) : fontAction(event);
}

function macAction(event: Key): KeyAction | undefined {
	if (event.shiftKey) return fontAction(event);
	switch (event.code) {
		case "KeyC":
			return "copy";
		case "KeyV":
			return "paste";
		case "KeyF":
			return "find";
		default:
			return fontAction(event);
	}
}

function shifted(event: Key): KeyAction | undefined {
	switch (event.code) {
		case "KeyC":
			return "copy";
		case "KeyV":
			return "paste";
		case "KeyF":
			return "find";
		case "Equal":
		case "NumpadAdd":
			return "font-larger";
		default:
			return undefined;
	}
}

function fontAction(event: Key): KeyAction | undefined {
	// By the sign, since "=" and "-" lie elsewhere on other layouts; Ctrl+_ and Ctrl+^ stay the program's.
	switch (event.key) {
		case "=":
		case "+":
			return "font-larger";
		case "-":
			return "font-smaller";
		case "0":
			return "font-reset";
		default:
			return undefined;
	}
}

/** The keys of the page around the terminals. Pure. */

/** What a key does. */
export type Shortcut =
	| { readonly action: "new" | "close" | "next" | "previous" | "info" | "files" }
	| { readonly action: "select"; readonly index: number };

/** The shortcut of a key; undefined if it is none of the page's. */
export function shortcutOf(
	event: Pick<KeyboardEvent, "code" | "ctrlKey" | "shiftKey" | "altKey" | "metaKey">,
	mac: boolean,
): Shortcut | undefined {
	if (!event.shiftKey) return undefined;
	if (event.altKey && !event.ctrlKey && !event.metaKey) {
		if (event.code === "KeyW") return { action: "close" };
		const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
		return digit === undefined ? undefined : { action: "select", index: Number(digit) - 1 };
	}
	if (event.altKey) return undefined;
	if (mac && event.metaKey && !event.ctrlKey) {
		if (event.code === "KeyT") return { action: "new" };
		if (event.code === "BracketRight") return { action: "next" };
		if (event.code === "BracketLeft") return { action: "previous" };
	}
	if (!event.ctrlKey || event.metaKey) return undefined;
	switch (event.code) {
		case "KeyT":
			return { action: "new" };
		case "ArrowRight":
			return { action: "next" };
		case "ArrowLeft":
			return { action: "previous" };
		case "KeyL":
			return { action: "files" };
		case "KeyY":
			return { action: "info" };
		default:
			return undefined;
	}
}

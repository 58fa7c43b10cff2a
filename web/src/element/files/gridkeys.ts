/** What a key does in the list of files. Pure. */
import type { Reach } from "./selection.ts";

/** What a key of the list does. */
export type GridKey =
	| { readonly move: "up" | "down" | "page-up" | "page-down" | "first" | "last"; readonly reach: Reach | undefined }
	| { readonly act: "open" | "up" | "rename" | "delete" | "all" | "none" | "toggle" | "menu" | "path" | "reload" }
	| { readonly type: string };

const moves: Readonly<Record<string, "up" | "down" | "page-up" | "page-down" | "first" | "last">> = {
	ArrowUp: "up",
	ArrowDown: "down",
	PageUp: "page-up",
	PageDown: "page-down",
	Home: "first",
	End: "last",
};

/** The meaning of a key; undefined if it has none here. */
export function gridKey(
	event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">,
	typing: boolean,
): GridKey | undefined {
	const { key, shiftKey } = event;
	const command = event.ctrlKey || event.metaKey;
	if (event.altKey) return key === "ArrowUp" ? { act: "up" } : undefined;
	const move = moves[key];
	if (move !== undefined) return { move, reach: shiftKey ? "range" : command ? undefined : "only" };
	if (command)
		return key.toLowerCase() === "a" && !shiftKey ? { act: "all" } : key === " " ? { act: "toggle" } : undefined;
	switch (key) {
		case "Enter":
			return { act: "open" };
		case "Backspace":
			return { act: "up" };
		case "F2":
			return { act: "rename" };
		case "F5":
			return { act: "reload" };
		case "Delete":
			return { act: "delete" };
		case "Escape":
			return { act: "none" };
		case "ContextMenu":
			return { act: "menu" };
		case "F10":
			return shiftKey ? { act: "menu" } : undefined;
		case " ":
			return typing ? { type: " " } : { act: "toggle" };
		case "/":
			return typing ? { type: "/" } : { act: "path" };
		default:
			return [...key].length === 1 ? { type: key } : undefined;
	}
}

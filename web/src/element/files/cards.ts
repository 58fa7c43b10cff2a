/** The questions of the file panel. */
import folderPlus from "lucide-static/icons/folder-plus.svg";
import pencil from "lucide-static/icons/pencil.svg";
import shield from "lucide-static/icons/shield-alert.svg";
import trash from "lucide-static/icons/trash-2.svg";
import type { Entry } from "../../client/filetypes.ts";
import { h } from "../dom.ts";
import type { Answering, Card } from "../layer.ts";
import { button, card, field, p } from "../prompts/parts.ts";
import { plural } from "./figures.ts";
import { isFolder } from "./listing.ts";
import { showName } from "./names.ts";

/** So many names are shown of what is to be deleted. */
const shownNames = 5;
/** So many are shown of names that were left out. */
const mostRefused = 50;

/** Asks before entries are deleted. The focus is on the way back. */
export function deleteCard(entries: readonly Entry[], { done, cancel }: Answering<true>): Card {
	const folders = entries.filter(isFolder).length;
	const [only] = entries;
	const what =
		entries.length === 1 && only !== undefined ? `“${showName(only.name, 120)}”` : plural(entries.length, "item");
	const back = button("Cancel", "quiet", cancel);
	const more = entries.length - shownNames;
	const element = card({
		title: `Delete ${what}?`,
		picture: trash,
		tone: "danger",
		role: "alertdialog",
		body: [
			entries.length > 1 &&
				h("ul", { class: "names" }, ...entries.slice(0, shownNames).map((entry) => h("li", {}, nameOf(entry)))),
			more > 0 && p(`and ${plural(more, "more", "more")}.`),
			folders > 0 &&
				p(folders === 1 ? "The folder goes with all that is in it." : "Folders go with all that is in them."),
			p("Files on a server have no recycle bin. This cannot be undone."),
		],
		actions: [button("Delete", "danger", () => done(true)), back],
	});
	return { element, focus: back };
}

function nameOf(entry: Entry): string {
	return showName(entry.name, 120) + (isFolder(entry) ? "/" : "");
}

/** Something that takes its time, with a count of what is done and a way to stop it. */
export interface BusyCard {
	readonly card: Card;
	done(count: number): void;
}

/** Shows how far a deletion or another long change is; `done` is the word for what was done to an entry. */
export function busyCard(title: string, picture: string, done: string, stop: () => void): BusyCard {
	const words = h("p", { role: "status" }, "Nothing is done yet.");
	const back = button("Stop", "quiet", stop);
	const element = card({ title, picture, body: [words], actions: [back] });
	return {
		card: { element, focus: back },
		done: (count) => {
			words.textContent = `${plural(count, "file or folder", "files and folders")} ${done}.`;
		},
	};
}

/** Shows names that a folder has and that nobody can go to. */
export function refusedCard(names: readonly string[], { cancel }: Answering<never>): Card {
	const back = button("Close", "primary", cancel);
	const more = names.length - mostRefused;
	const element = card({
		title: `${plural(names.length, "name")} left out`,
		picture: shield,
		body: [
			p(
				"The server gave these as names in this folder, but they would lead out of it. They are not shown, and no transfer touches them.",
			),
			h(
				"ul",
				{ class: "names" },
				...names.slice(0, mostRefused).map((name) => h("li", {}, showName(name, 200) || "(an empty name)")),
			),
			more > 0 && p(`and ${plural(more, "more", "more")}.`),
		],
		actions: [back],
	});
	return { element, focus: back };
}

/** Asks for the name of a new folder. */
export function newFolderCard({ done, cancel }: Answering<string>): Card {
	const input = h("input", {
		type: "text",
		required: true,
		spellcheck: "false",
		autocomplete: "off",
		autocapitalize: "off",
	});
	const problem = h("p", { class: "hint bad", role: "alert" });
	const element = card({
		title: "New folder",
		picture: folderPlus,
		body: [field("Name", input), problem],
		actions: [button("Make it", "submit"), button("Cancel", "quiet", cancel)],
		onSubmit: () => {
			problem.textContent = nameProblem(input.value) ?? "";
			if (problem.textContent === "") done(input.value);
		},
	});
	return { element, focus: input };
}

/** Why a name cannot be; undefined if it can. */
export function nameProblem(name: string): string | undefined {
	if (name === "") return "Type a name.";
	if (name === "." || name === "..") return `“${name}” stands for a folder that is there already.`;
	if (name.includes("/")) return "A name has no slash: that parts folders.";
	if (name.includes("\0")) return "A name has no NUL character.";
	if (new TextEncoder().encode(name).length > 255) return "The name is too long: most servers take 255 bytes.";
	return undefined;
}

/** Asks what to do with an edited file that has changed on the server meanwhile. */
export function changedCard(name: string, gone: boolean, { done, cancel }: Answering<"overwrite" | "copy">): Card {
	const back = button("Keep editing", "quiet", cancel);
	const element = card({
		title: gone ? `${showName(name, 120)} is gone from the server` : `${showName(name, 120)} has changed on the server`,
		picture: pencil,
		role: "alertdialog",
		body: [
			p(
				gone
					? "Somebody renamed or deleted it after you opened it."
					: "Somebody else saved it after you opened it. Overwriting it loses what they wrote.",
			),
		],
		actions: [
			button("Save as a copy", "primary", () => done("copy")),
			button(gone ? "Save it anew" : "Overwrite", gone ? "quiet" : "danger", () => done("overwrite")),
			back,
		],
	});
	return { element, focus: back };
}

/** Asks whether edits may be lost. */
export function discardCard(name: string, { done, cancel }: Answering<true>): Card {
	const back = button("Keep editing", "quiet", cancel);
	const element = card({
		title: `Close ${showName(name, 120)} without saving?`,
		picture: pencil,
		role: "alertdialog",
		body: [p("What you changed would be lost.")],
		actions: [button("Discard changes", "danger", () => done(true)), back],
	});
	return { element, focus: back };
}

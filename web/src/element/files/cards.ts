/** The questions of the file panel. */
import folderPlus from "lucide-static/icons/folder-plus.svg";
import pencil from "lucide-static/icons/pencil.svg";
import shield from "lucide-static/icons/shield-alert.svg";
import trash from "lucide-static/icons/trash-2.svg";
import type { Entry } from "../../client/filetypes.ts";
import { h } from "../dom.ts";
import type { Answering, Card } from "../layer.ts";
import { button, card, field, p } from "../prompts/parts.ts";
import { t } from "../words/words.ts";
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
		entries.length === 1 && only !== undefined
			? t("delete.quoted", { name: showName(only.name, 120) })
			: t("files.items", { n: entries.length });
	const back = button(t("cancel"), "quiet", cancel);
	const more = entries.length - shownNames;
	const element = card({
		title: t("delete.title", { what }),
		picture: trash,
		tone: "danger",
		role: "alertdialog",
		body: [
			entries.length > 1 &&
				h("ul", { class: "names" }, ...entries.slice(0, shownNames).map((entry) => h("li", {}, nameOf(entry)))),
			more > 0 && p(`${t("more", { n: more })}.`),
			folders > 0 && p(t("delete.folders", { n: folders })),
			p(t("delete.final")),
		],
		actions: [button(t("delete.do"), "danger", () => done(true)), back],
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

/** What is told of the entries that are done. */
export type DoneWord = "delete.gone" | "mode.changed";

/** Shows how far a deletion or another long change is. */
export function busyCard(title: string, picture: string, done: DoneWord, stop: () => void): BusyCard {
	const words = h("p", { role: "status" }, t("busy.nothing"));
	const back = button(t("stop"), "quiet", stop);
	const element = card({ title, picture, body: [words], actions: [back] });
	return {
		card: { element, focus: back },
		done: (count) => {
			words.textContent = t(done, { n: count });
		},
	};
}

/** Shows names that a folder has and that nobody can go to. */
export function refusedCard(names: readonly string[], { cancel }: Answering<never>): Card {
	const back = button(t("close"), "primary", cancel);
	const more = names.length - mostRefused;
	const element = card({
		title: t("files.left-out", { n: names.length }),
		picture: shield,
		body: [
			p(t("files.left-out.why")),
			h(
				"ul",
				{ class: "names" },
				...names.slice(0, mostRefused).map((name) => h("li", {}, showName(name, 200) || t("files.left-out.empty"))),
			),
			more > 0 && p(`${t("more", { n: more })}.`),
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
		title: t("files.new-folder"),
		picture: folderPlus,
		body: [field(t("files.name"), input), problem],
		actions: [button(t("new-folder.make"), "submit"), button(t("cancel"), "quiet", cancel)],
		onSubmit: () => {
			problem.textContent = nameProblem(input.value) ?? "";
			if (problem.textContent === "") done(input.value);
		},
	});
	return { element, focus: input };
}

/** Why a name cannot be; undefined if it can. */
export function nameProblem(name: string): string | undefined {
	if (name === "") return t("name.empty");
	if (name === "." || name === "..") return t("name.taken", { name });
	if (name.includes("/")) return t("name.slash");
	if (name.includes("\0")) return t("name.nul");
	if (new TextEncoder().encode(name).length > 255) return t("name.long");
	return undefined;
}

/** Asks what to do with an edited file that has changed on the server meanwhile. */
export function changedCard(name: string, gone: boolean, { done, cancel }: Answering<"overwrite" | "copy">): Card {
	const back = button(t("edit.keep"), "quiet", cancel);
	const element = card({
		title: t(gone ? "edit.gone" : "edit.changed", { name: showName(name, 120) }),
		picture: pencil,
		role: "alertdialog",
		body: [p(t(gone ? "edit.gone.why" : "edit.changed.why"))],
		actions: [
			button(t("edit.copy"), "primary", () => done("copy")),
			button(t(gone ? "edit.gone.save" : "edit.overwrite"), gone ? "quiet" : "danger", () => done("overwrite")),
			back,
		],
	});
	return { element, focus: back };
}

/** Asks whether edits may be lost. */
export function discardCard(name: string, { done, cancel }: Answering<true>): Card {
	const back = button(t("edit.keep"), "quiet", cancel);
	const element = card({
		title: t("edit.discard.title", { name: showName(name, 120) }),
		picture: pencil,
		role: "alertdialog",
		body: [p(t("edit.discard.why"))],
		actions: [button(t("edit.discard"), "danger", () => done(true)), back],
	});
	return { element, focus: back };
}

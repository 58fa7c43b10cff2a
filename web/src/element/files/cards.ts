/** The questions of the file panel. */
import copyIcon from "lucide-static/icons/files.svg";
import folderPlus from "lucide-static/icons/folder-plus.svg";
import lock from "lucide-static/icons/lock.svg";
import pencil from "lucide-static/icons/pencil.svg";
import trash from "lucide-static/icons/trash-2.svg";
import type { Entry } from "../../client/filetypes.ts";
import { h, newId } from "../dom.ts";
import type { Answering, Card } from "../layer.ts";
import { button, card, field, p } from "../prompts/parts.ts";
import { formatExactly, formatMode, formatOctal, formatSize, parseOctal, plural } from "./figures.ts";
import { isFolder } from "./listing.ts";
import { showName } from "./names.ts";
import type { Choice, Conflict } from "./transfer.ts";

/** So many names are shown of what is to be deleted. */
const shownNames = 5;

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

/** Shows how far a deletion is. */
export function deletingCard(what: string, stop: () => void): { card: Card; removed(count: number): void } {
	const count = h("p", { role: "status" }, "Nothing is gone yet.");
	const back = button("Stop", "quiet", stop);
	const element = card({ title: `Deleting ${what}…`, picture: trash, body: [count], actions: [back] });
	return {
		card: { element, focus: back },
		removed: (removed) => {
			count.textContent = `${plural(removed, "file or folder", "files and folders")} gone.`;
		},
	};
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

const who = ["Owner", "Group", "Others"] as const;
const may = ["Read", "Write", "Run"] as const;
const specials: readonly (readonly [bit: number, label: string])[] = [
	[0o4000, "Runs as its owner (setuid)"],
	[0o2000, "Runs as its group (setgid)"],
	[0o1000, "Only owners delete in it (sticky)"],
];

/** Asks for permissions: as a grid and in octal, which follow each other. */
export function modeCard(entries: readonly Entry[], { done, cancel }: Answering<number>): Card {
	const [first] = entries;
	let mode = first?.mode ?? 0o644;
	const octal = h("input", {
		type: "text",
		inputmode: "numeric",
		maxlength: 4,
		spellcheck: "false",
		autocomplete: "off",
	});
	const letters = h("code", {});
	const boxes: { bit: number; box: HTMLInputElement }[] = [];
	const show = (from?: HTMLElement): void => {
		for (const { bit, box } of boxes) box.checked = (mode & bit) !== 0;
		if (from !== octal) octal.value = formatOctal(mode);
		letters.textContent = formatMode(mode);
	};
	const box = (bit: number, label: string): HTMLInputElement => {
		const made = h("input", { type: "checkbox", "aria-label": label });
		made.addEventListener("change", () => {
			mode = made.checked ? mode | bit : mode & ~bit;
			show();
		});
		boxes.push({ bit, box: made });
		return made;
	};
	octal.addEventListener("input", () => {
		const typed = parseOctal(octal.value);
		octal.setAttribute("aria-invalid", String(typed === undefined));
		if (typed === undefined) return;
		mode = typed;
		show(octal);
	});
	const table = modeTable(box);
	const element = card({
		title:
			entries.length === 1
				? `Permissions of ${showName(first?.name ?? "", 80)}`
				: `Permissions of ${plural(entries.length, "item")}`,
		picture: lock,
		body: [
			table,
			...specials.map(([bit, label]) => {
				const made = box(bit, label);
				made.id = newId("mode");
				made.removeAttribute("aria-label");
				return h("div", { class: "check" }, made, h("label", { for: made.id }, label));
			}),
			h("div", { class: "octal" }, field("In octal", octal), letters),
		],
		actions: [button("Apply", "submit"), button("Cancel", "quiet", cancel)],
		onSubmit: () => parseOctal(octal.value) !== undefined && done(mode),
	});
	show();
	return { element, focus: boxes[0]?.box ?? octal };
}

function modeTable(box: (bit: number, label: string) => HTMLInputElement): HTMLElement {
	const head = h("tr", {}, h("td", {}), ...may.map((text) => h("th", { scope: "col" }, text)));
	const rows = who.map((name, i) =>
		h(
			"tr",
			{},
			h("th", { scope: "row" }, name),
			...may.map((text, j) => h("td", {}, box(0o400 >> (3 * i + j), `${name}: ${text.toLowerCase()}`))),
		),
	);
	return h("table", { class: "modes" }, h("thead", {}, head), h("tbody", {}, ...rows));
}

/** Asks what to do where a name is taken. */
export function conflictCard(
	conflict: Conflict,
	more: boolean,
	{ done, cancel }: Answering<{ choice: Choice; all: boolean }>,
): Card {
	const group = newId("conflict");
	const isFile = conflict.there.type === "file" || conflict.there.type === "symlink";
	const all = h("input", { type: "checkbox", id: newId("all") });
	const choices: readonly (readonly [Choice, string, boolean])[] = [
		["replace", "Replace it", isFile],
		["resume", "Go on with the part of an earlier upload, then replace it", isFile && conflict.canResume],
		["keep", "Keep both: the new one gets a number", true],
		["skip", "Skip this file", true],
	];
	const inputs: HTMLInputElement[] = [];
	const rows = choices
		.filter(([, , offered]) => offered)
		.map(([value, label]) => {
			const input = h("input", { type: "radio", name: group, value, id: newId("choice") });
			inputs.push(input);
			return h("div", { class: "check" }, input, h("label", { for: input.id }, label));
		});
	const first = inputs[0];
	if (first !== undefined) first.checked = true;
	const element = card({
		title: `${showName(conflict.name, 120)} already exists in ${showName(conflict.folder, 120)}`,
		picture: copyIcon,
		body: [
			facts("There", conflict.there.type === "directory" ? "a folder" : factsOf(conflict.there)),
			facts("Here", factsOf(conflict.here)),
			h("fieldset", { class: "choices" }, h("legend", { class: "visually-hidden" }, "What to do"), ...rows),
			more &&
				h(
					"div",
					{ class: "check" },
					all,
					h("label", { for: all.id }, "Do the same for every other conflict of this upload"),
				),
		],
		actions: [button("OK", "submit"), button("Cancel the upload", "quiet", cancel)],
		onSubmit: () =>
			done({ choice: (inputs.find((each) => each.checked)?.value ?? "skip") as Choice, all: all.checked }),
	});
	return { element, focus: first ?? element };
}

function facts(label: string, text: string): HTMLElement {
	return h("p", { class: "facts" }, h("span", { class: "quiet" }, label), h("span", {}, text));
}

function factsOf({ size, mtime }: { size?: number | undefined; mtime?: number | undefined }): string {
	const parts = [size !== undefined && formatSize(size), mtime !== undefined && formatExactly(mtime)];
	return parts.filter(Boolean).join(", ");
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

/** The question for permissions. */
import lock from "lucide-static/icons/lock.svg";
import type { Entry } from "../../client/filetypes.ts";
import { h, newId } from "../dom.ts";
import type { Answering, Card } from "../layer.ts";
import { button, card, field } from "../prompts/parts.ts";
import { t } from "../words/words.ts";
import type { Permissions } from "./chmod.ts";
import { formatMode, formatOctal, parseOctal } from "./figures.ts";
import { isFolder } from "./listing.ts";
import { showName } from "./names.ts";

const who = ["mode.owner", "mode.group", "mode.others"] as const;
const may = ["mode.read", "mode.write", "mode.run"] as const;
const specials = [
	[0o4000, "mode.setuid"],
	[0o2000, "mode.setgid"],
	[0o1000, "mode.sticky"],
] as const;

/** Asks for permissions: as a grid and in octal, which follow each other. */
export function modeCard(entries: readonly Entry[], { done, cancel }: Answering<Permissions>): Card {
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
	const deep = h("input", { type: "checkbox", id: newId("deep") });
	const element = card({
		title: t("mode.title", {
			what: entries.length === 1 ? showName(first?.name ?? "", 80) : t("files.items", { n: entries.length }),
		}),
		picture: lock,
		body: [
			table,
			...specials.map(([bit, word]) => {
				const label = t(word);
				const made = box(bit, label);
				made.id = newId("mode");
				made.removeAttribute("aria-label");
				return h("div", { class: "check" }, made, h("label", { for: made.id }, label));
			}),
			h("div", { class: "octal" }, field(t("mode.octal"), octal), letters),
			entries.some(isFolder) && deepChoice(deep),
		],
		actions: [button(t("mode.apply"), "submit"), button(t("cancel"), "quiet", cancel)],
		onSubmit: () => parseOctal(octal.value) !== undefined && done({ mode, deep: deep.checked }),
	});
	show();
	return { element, focus: boxes[0]?.box ?? octal };
}

function deepChoice(deep: HTMLInputElement): HTMLElement {
	const hint = h("p", { class: "hint", id: newId("hint") }, t("mode.deep.hint"));
	deep.setAttribute("aria-describedby", hint.id);
	const label = h("label", { for: deep.id }, t("mode.deep"));
	return h("div", { class: "deep" }, h("div", { class: "check" }, deep, label), hint);
}

function modeTable(box: (bit: number, label: string) => HTMLInputElement): HTMLElement {
	const head = h("tr", {}, h("td", {}), ...may.map((text) => h("th", { scope: "col" }, t(text))));
	const rows = who.map((name, i) =>
		h(
			"tr",
			{},
			h("th", { scope: "row" }, t(name)),
			...may.map((text, j) =>
				h("td", {}, box(0o400 >> (3 * i + j), t("mode.box", { who: t(name), may: t(text).toLocaleLowerCase() }))),
			),
		),
	);
	return h("table", { class: "modes" }, h("thead", {}, head), h("tbody", {}, ...rows));
}

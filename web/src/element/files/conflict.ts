/** The question what to do where a name is taken. */
import copyIcon from "lucide-static/icons/files.svg";
import { formatSize } from "../bytes.ts";
import { h, newId } from "../dom.ts";
import type { Answering, Card } from "../layer.ts";
import { button, card } from "../prompts/parts.ts";
import { t } from "../words/words.ts";
import { formatExactly } from "./figures.ts";
import { showName } from "./names.ts";
import type { Choice, Conflict } from "./transfer.ts";

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
		["replace", t("conflict.replace"), isFile],
		["resume", t("conflict.resume"), isFile && conflict.canResume],
		["keep", t("conflict.keep"), true],
		["skip", t("conflict.skip"), true],
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
		title: t("conflict.title", { name: showName(conflict.name, 120), folder: showName(conflict.folder, 120) }),
		picture: copyIcon,
		body: [
			facts(
				t("conflict.there"),
				conflict.there.type === "directory" ? t("conflict.a-folder") : factsOf(conflict.there),
			),
			facts(t("conflict.here"), factsOf(conflict.here)),
			h("fieldset", { class: "choices" }, h("legend", { class: "visually-hidden" }, t("conflict.what")), ...rows),
			more && h("div", { class: "check" }, all, h("label", { for: all.id }, t("conflict.all"))),
		],
		actions: [button(t("conflict.ok"), "submit"), button(t("conflict.cancel"), "quiet", cancel)],
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

import clipboard from "lucide-static/icons/clipboard-paste.svg";
import { h } from "../dom.ts";
import type { Answering, Card } from "../layer.ts";
import { countLines, oneLine, type PasteRisk, withoutControls } from "../paste.ts";
import { showable } from "../untrusted.ts";
import { t } from "../words/words.ts";
import { button, card } from "./parts.ts";

/** Most of a paste that the preview shows; the rest is counted. */
const previewLimit = 8 * 1024;

/** Shows what is about to be pasted and why that may be unwanted; answers with the text to send. */
export function pasteCard(text: string, risks: readonly PasteRisk[], { done, cancel }: Answering<string>): Card {
	const lines = countLines(text);
	const cleaned = risks.includes("controls") || risks.includes("hidden");
	const paste = button(t(cleaned ? "paste.cleaned" : "paste.paste"), "primary", () => done(withoutControls(text)));
	const actions = [paste];
	if (risks.includes("lines") && text.length <= previewLimit)
		actions.push(button(t("paste.one-line"), "quiet", () => done(oneLine(withoutControls(text)))));
	actions.push(button(t("cancel"), "quiet", cancel));
	const element = card({
		title: t("paste.title", { n: lines }),
		picture: clipboard,
		body: [
			h("ul", { class: "reasons" }, ...risks.map((risk) => h("li", {}, t(`paste.${risk}`)))),
			h("pre", { class: "preview", tabindex: "0", "aria-label": t("paste.preview") }, showable(text, previewLimit)),
		],
		actions,
	});
	element.classList.add("paste");
	return { element, focus: paste };
}

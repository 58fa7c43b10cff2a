import clipboard from "lucide-static/icons/clipboard-paste.svg";
import { h } from "../dom.ts";
import type { Answering, Card } from "../layer.ts";
import { countLines, oneLine, type PasteRisk, withoutControls } from "../paste.ts";
import { showable } from "../untrusted.ts";
import { button, card } from "./parts.ts";

/** Most of a paste that the preview shows; the rest is counted. */
const previewLimit = 8 * 1024;

const reasons: Readonly<Record<PasteRisk, string>> = {
	lines: "It has more than one line, and the program there would run each at once.",
	controls: "It has control characters, which can act on the terminal.",
	hidden: "It has invisible characters, which can make a command look like another.",
	size: "It is long.",
};

/** Shows what is about to be pasted and why that may be unwanted; answers with the text to send. */
export function pasteCard(text: string, risks: readonly PasteRisk[], { done, cancel }: Answering<string>): Card {
	const lines = countLines(text);
	const cleaned = risks.includes("controls") || risks.includes("hidden");
	const paste = button(cleaned ? "Paste without them" : "Paste", "primary", () => done(withoutControls(text)));
	const actions = [paste];
	if (risks.includes("lines") && text.length <= previewLimit)
		actions.push(button("Paste as one line", "quiet", () => done(oneLine(withoutControls(text)))));
	actions.push(button("Cancel", "quiet", cancel));
	const element = card({
		title: lines > 1 ? `Paste ${new Intl.NumberFormat().format(lines)} lines?` : "Paste this?",
		picture: clipboard,
		body: [
			h("ul", { class: "reasons" }, ...risks.map((risk) => h("li", {}, reasons[risk]))),
			h("pre", { class: "preview", tabindex: "0", "aria-label": "What will be pasted" }, showable(text, previewLimit)),
		],
		actions,
	});
	element.classList.add("paste");
	return { element, focus: paste };
}

import alert from "lucide-static/icons/circle-alert.svg";
import type { AlgorithmError } from "../client/index.ts";
import { h } from "./dom.ts";
import type { Card } from "./layer.ts";
import { button, card, p } from "./prompts/parts.ts";
import { showable } from "./untrusted.ts";
import { t } from "./words/words.ts";

/** Asks whether one host may be spoken to with what is no longer safe. The focus is on the way back. */
export function legacyCard(where: string, error: AlgorithmError, allow: () => void, back: () => void): Card {
	const cancel = button(t("cancel"), "quiet", back);
	// These only say what else a side knows (RFC 8308, strict key exchange).
	const list = (names: readonly string[]) =>
		names
			.filter((name) => !/^(ext-info|kex-strict)-/.test(name))
			.map((name) => showable(name, 80))
			.join(", ");
	const element = card({
		title: t("legacy.title", { where }),
		picture: alert,
		tone: "danger",
		role: "alertdialog",
		body: [
			p(t("legacy.why")),
			h(
				"dl",
				{ class: "keys" },
				h("dt", {}, t("legacy.theirs")),
				h("dd", {}, list(error.theirs)),
				h("dt", {}, t("legacy.ours")),
				h("dd", {}, list(error.ours)),
			),
			p(t("legacy.advice")),
		],
		actions: [button(t("legacy.allow"), "danger", allow), cancel],
	});
	element.dataset.code = "legacy";
	return { element, focus: cancel };
}

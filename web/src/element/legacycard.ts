import alert from "lucide-static/icons/circle-alert.svg";
import type { AlgorithmError } from "../client/index.ts";
import { h } from "./dom.ts";
import type { Card } from "./layer.ts";
import { button, card, p } from "./prompts/parts.ts";
import { showable } from "./untrusted.ts";

/** Asks whether one host may be spoken to with what is no longer safe. The focus is on the way back. */
export function legacyCard(where: string, error: AlgorithmError, allow: () => void, back: () => void): Card {
	const cancel = button("Cancel", "quiet", back);
	// These only say what else a side knows (RFC 8308, strict key exchange).
	const list = (names: readonly string[]) =>
		names
			.filter((name) => !/^(ext-info|kex-strict)-/.test(name))
			.map((name) => showable(name, 80))
			.join(", ");
	const element = card({
		title: `Allow old algorithms for ${where}?`,
		picture: alert,
		tone: "danger",
		role: "alertdialog",
		body: [
			p(
				"This server knows only algorithms that are no longer safe: SHA-1, CBC, short keys. Who can change the traffic on its way may be able to read or alter it.",
			),
			h(
				"dl",
				{ class: "keys" },
				h("dt", {}, "It offers"),
				h("dd", {}, list(error.theirs)),
				h("dt", {}, "Safe here"),
				h("dd", {}, list(error.ours)),
			),
			p(
				"If it cannot be updated, they can be allowed for this host alone, for 30 days. The status bar says so meanwhile.",
			),
		],
		actions: [button("Allow for 30 days and connect", "danger", allow), cancel],
	});
	element.dataset.code = "legacy";
	return { element, focus: cancel };
}

import keyround from "lucide-static/icons/key-round.svg";
import type { KeyUse } from "../../client/index.ts";
import type { Answering, Card } from "../layer.ts";
import { showable } from "../untrusted.ts";
import { t } from "../words/words.ts";
import { button, card, p } from "./parts.ts";

/** Asks whether a program on the server may sign with a key. The focus is on no: Enter must not lend a key. */
export function keyUseCard(use: KeyUse, { done, cancel }: Answering<true>): Card {
	const refuse = button(t("key-use.refuse"), "quiet", cancel);
	const host = showable(use.host, 120);
	const element = card({
		title: t("key-use.title", { key: showable(use.comment || t("key.unnamed"), 80) }),
		role: "alertdialog",
		picture: keyround,
		tone: "key",
		body: [p(t("key-use.who", { host })), p(t("key-use.advice", { host }))],
		actions: [button(t("key-use.allow"), "primary", () => done(true)), refuse],
	});
	return { element, focus: refuse };
}

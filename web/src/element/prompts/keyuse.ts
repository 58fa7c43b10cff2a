import keyround from "lucide-static/icons/key-round.svg";
import type { KeyUse } from "../../client/index.ts";
import type { Answering, Card } from "../layer.ts";
import { showable } from "../untrusted.ts";
import { button, card, p } from "./parts.ts";

/** Asks whether a program on the server may sign with a key. The focus is on no: Enter must not lend a key. */
export function keyUseCard(use: KeyUse, { done, cancel }: Answering<true>): Card {
	const refuse = button("Refuse", "quiet", cancel);
	const host = showable(use.host, 120);
	const element = card({
		title: `Use key ${showable(use.comment || "without a name", 80)}?`,
		role: "alertdialog",
		picture: keyround,
		tone: "key",
		body: [
			p(`A program on ${host} wants to log in somewhere with this key, as you.`),
			p(
				"Allow it if you have just started one there that does, such as ssh or git. Otherwise refuse: whoever administers ",
				host,
				" can ask, too.",
			),
		],
		actions: [button("Allow this once", "primary", () => done(true)), refuse],
	});
	return { element, focus: refuse };
}

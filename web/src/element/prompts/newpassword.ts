import keyround from "lucide-static/icons/key-round.svg";
import type { PasswordChange } from "../../client/index.ts";
import { h } from "../dom.ts";
import type { Answering, Card } from "../layer.ts";
import { t } from "../words/words.ts";
import { button, card, p, secretField, serverSays } from "./parts.ts";
import { hiddenUser } from "./secrets.ts";

/** Asks for a new password, twice, in place of one that has expired. */
export function newPasswordCard(wanted: PasswordChange, { done, cancel }: Answering<string>): Card {
	const [first, second] = [secret("new-password"), secret("new-password-again")];
	const wrong = h("p", { class: "hint bad", role: "alert", hidden: true });
	const complain = (input: HTMLInputElement, text: string): void => {
		wrong.textContent = text;
		wrong.hidden = false;
		input.focus();
	};
	const submit = (): void => {
		if (first.value === "") complain(first, t("new-password.empty"));
		else if (first.value !== second.value) complain(second, t("new-password.differ"));
		else done(first.value);
	};
	const element = card({
		title: t("new-password.title", { user: wanted.username, host: wanted.host }),
		picture: keyround,
		body: [
			wanted.attempt > 1
				? h("p", { class: "hint bad", role: "alert" }, t("new-password.refused", { attempt: wanted.attempt }))
				: p(t("new-password.expired")),
			wanted.prompt.trim() !== "" && serverSays(wanted.prompt),
			hiddenUser(wanted.username),
			secretField(t("new-password.label"), first),
			secretField(t("new-password.again"), second),
			wrong,
			h("p", { class: "quiet" }, t("password.safe")),
		],
		actions: [button(t("new-password.change"), "submit"), button(t("cancel"), "quiet", cancel)],
		onSubmit: submit,
	});
	return { element, focus: first };
}

function secret(name: string): HTMLInputElement {
	return h("input", { type: "password", name, autocomplete: "new-password", required: true });
}

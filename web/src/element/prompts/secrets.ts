import keyround from "lucide-static/icons/key-round.svg";
import lock from "lucide-static/icons/lock-keyhole.svg";
import messages from "lucide-static/icons/message-square-text.svg";
import type { Ask, Challenge } from "../../client/index.ts";
import { h, newId } from "../dom.ts";
import type { Answering, Card } from "../layer.ts";
import { showable } from "../untrusted.ts";
import { t } from "../words/words.ts";
import { button, card, field, p, secretField, serverSays } from "./parts.ts";
import { asksCode, namesCode, partsOf, passwordPurpose } from "./wording.ts";

/** A password, and whether to use it again for a reconnect. */
export interface PasswordAnswer {
	readonly password: string;
	readonly keep: boolean;
}

/** Asks for the password of an account on a server; in words of the server's, they are quoted. */
export function passwordCard(ask: Ask, { done, cancel }: Answering<PasswordAnswer>, words?: Challenge): Card {
	const password = h("input", { type: "password", name: "password", autocomplete: "current-password", required: true });
	const keep = h("input", { type: "checkbox", id: newId("keep") });
	const element = card({
		title: t("password.title", { user: ask.username, host: ask.host }),
		picture: lock,
		body: [
			ask.attempt > 1 && h("p", { class: "hint bad", role: "alert" }, t("password.refused", { attempt: ask.attempt })),
			stepNote(ask.step),
			words !== undefined &&
				serverSays(wordsOf(words, ...words.prompts.map((prompt) => prompt.text)), t("challenge.server-asks")),
			hiddenUser(ask.username),
			secretField(t("password.label"), password),
			h("div", { class: "check" }, keep, h("label", { for: keep.id }, t("password.keep"))),
			h("p", { class: "quiet" }, t("password.safe")),
		],
		actions: [button(t("password.log-in"), "submit"), button(t("cancel"), "quiet", cancel)],
		onSubmit: () => done({ password: password.value, keep: keep.checked }),
	});
	return { element, focus: password };
}

/** What came before was right: a server that wants several proofs must not look like one that refused the first. */
function stepNote(step: number): HTMLElement | false {
	return step > 1 && p(t("password.step", { step }));
}

/** Password managers file a password under the user name that stands beside it. */
export function hiddenUser(username: string): HTMLElement {
	return h("input", {
		type: "text",
		name: "username",
		autocomplete: "username",
		value: username,
		readonly: true,
		class: "visually-hidden",
		tabindex: "-1",
		"aria-hidden": "true",
	});
}

/** Asks for a key's passphrase. It names no server: a server must not be able to fish for it. */
export function passphraseCard(ask: Ask, { done, cancel }: Answering<string>): Card {
	const input = h("input", { type: "password", name: "passphrase", autocomplete: "off", required: true });
	const element = card({
		title: t("passphrase.title", { key: showable(ask.keyName ?? t("key.unnamed"), 80) }),
		picture: keyround,
		tone: "key",
		body: [
			ask.attempt > 1 && h("p", { class: "hint bad", role: "alert" }, t("passphrase.refused")),
			secretField(t("passphrase.label"), input),
			h("p", { class: "quiet" }, t("passphrase.safe")),
		],
		actions: [button(t("passphrase.unlock"), "submit"), button(t("cancel"), "quiet", cancel)],
		onSubmit: () => done(input.value),
	});
	return { element, focus: input };
}

/** Asks what the server asks, in the server's words, marked as such. */
export function challengeCard(challenge: Challenge, { done, cancel }: Answering<readonly string[]>): Card {
	const inputs = challenge.prompts.map((prompt) => challengeInput(prompt, challenge));
	const rows = challenge.prompts.map((prompt, i) => challengeField(prompt, inputs[i] as HTMLInputElement));
	const words = wordsOf(challenge);
	const element = card({
		title: t("challenge.title", { host: showable(challenge.host, 120), user: challenge.username }),
		picture: messages,
		body: [
			challenge.round > 1 ? p(t("challenge.another")) : stepNote(challenge.step),
			words !== "" && serverSays(words),
			...(rows.length > 0 ? [h("p", { class: "server-label" }, t("challenge.server-asks")), ...rows] : []),
			h("p", { class: "quiet" }, t("challenge.safe")),
		],
		actions: [
			button(t(rows.length > 0 ? "challenge.answer" : "challenge.continue"), "submit"),
			button(t("cancel"), "quiet", cancel),
		],
		onSubmit: () => done(inputs.map((input) => input.value)),
	});
	return { element, focus: inputs[0] ?? (element.querySelector("button") as HTMLElement) };
}

type Prompt = Challenge["prompts"][number];

/** What a server says above its prompts, and more of its words, without empty ones. */
function wordsOf({ name, instruction }: Challenge, ...more: string[]): string {
	return [name, instruction, ...more].filter((text) => text.trim() !== "").join("\n");
}

function challengeInput(prompt: Prompt, challenge: Challenge): HTMLInputElement {
	const code = asksCode(prompt, challenge);
	const complete = code ? "one-time-code" : prompt.echo ? "off" : passwordPurpose(prompt.text);
	return h("input", {
		type: prompt.echo || namesCode(prompt.text) ? "text" : "password",
		autocomplete: complete,
		inputmode: code ? "numeric" : undefined,
		spellcheck: "false",
		autocapitalize: "off",
	});
}

function challengeField(prompt: Prompt, input: HTMLInputElement): HTMLElement {
	const { words, question } = partsOf(prompt);
	const label = showable(question, 500) || t("challenge.answer");
	const asked = input.type === "password" ? secretField(label, input) : field(label, input);
	return words === "" ? asked : h("div", { class: "told" }, serverSays(words), asked);
}

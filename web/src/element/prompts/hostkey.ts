import alert from "lucide-static/icons/shield-alert.svg";
import shield from "lucide-static/icons/shield-question-mark.svg";
import type { Decision, HostKey, HostKeyError, KnownKey } from "../../client/index.ts";
import { h, newId } from "../dom.ts";
import type { Answering, Card } from "../layer.ts";
import { dateLocale, t } from "../words/words.ts";
import { compare } from "./compare.ts";
import { button, card, copyButton, field, keyKind, p, textButton } from "./parts.ts";
import { randomart } from "./randomart.ts";

/** What is known about a saved key besides the key. */
export interface KeyHistory {
	/** When it was saved; milliseconds since 1970. */
	readonly added?: number;
	/** In how many connections it was seen. */
	readonly uses?: number;
}

/** Asks about the key of a host that is not known yet; canSave tells whether there is a place for it. */
export function newHostKeyCard(key: HostKey, canSave: boolean, { done, cancel }: Answering<Decision>): Card {
	const trust = button(t(canSave ? "hostkey.trust-save" : "hostkey.trust"), "primary", () =>
		done(canSave ? "remember" : "once"),
	);
	const once = button(t("hostkey.once"), "quiet", () => done("once"));
	const refuse = button(t("cancel"), "quiet", cancel);
	const allow = (allowed: boolean): void => {
		trust.disabled = !allowed;
		once.disabled = !allowed;
	};
	const element = card({
		title:
			key.port === 22
				? t("hostkey.title", { host: key.host })
				: t("hostkey.title.port", { host: key.host, port: String(key.port) }),
		picture: shield,
		body: [
			p(t("hostkey.is", { kind: keyKind(key.type) })),
			fingerprintBlock(key),
			...relatives(key),
			compareField(key, allow),
			h("p", { class: "quiet" }, t("hostkey.warning")),
		],
		actions: canSave ? [trust, once, refuse] : [trust, refuse],
	});
	// Cancel has the focus, so that a hasty Enter accepts nothing.
	return { element, focus: refuse };
}

function fingerprintBlock(key: HostKey): HTMLElement {
	const picture = h(
		"pre",
		{ class: "randomart", hidden: true, "aria-label": t("hostkey.picture") },
		randomart(key.fingerprint, `${keyKind(key.type)}`),
	);
	const toggle = textButton(t("hostkey.show-picture"), (self) => {
		picture.hidden = !picture.hidden;
		self.textContent = t(picture.hidden ? "hostkey.show-picture" : "hostkey.hide-picture");
	});
	return h(
		"div",
		{ class: "fingerprint" },
		h("code", {}, key.fingerprint),
		h(
			"div",
			{ class: "row" },
			copyButton(t("copy"), () => key.fingerprint),
			toggle,
		),
		picture,
	);
}

function relatives(key: HostKey): HTMLElement[] {
	const found: HTMLElement[] = [];
	if (key.sameKeyAs.length > 0) {
		const names = key.sameKeyAs.slice(0, 5).join(", ");
		found.push(h("p", { class: "hint good" }, t("hostkey.same", { names })));
	}
	if (key.otherKnown.length > 0) {
		const kinds = [...new Set(key.otherKnown.map((known) => keyKind(known.type)))].reduce((first, second) =>
			t("and", { first, second }),
		);
		found.push(h("p", { class: "hint warn" }, t("hostkey.other-kind", { kinds })));
	}
	return found;
}

/** The field for the fingerprint that the owner gave. A wrong one closes the way on. */
function compareField(key: HostKey, allow: (allowed: boolean) => void): HTMLElement {
	const verdict = h("p", { class: "hint", role: "status", id: newId("verdict") });
	const input = h("input", {
		type: "text",
		autocomplete: "off",
		spellcheck: "false",
		autocapitalize: "off",
		placeholder: "SHA256:…",
		"aria-describedby": verdict.id,
	});
	input.addEventListener("input", () => {
		const result = compare(input.value, key.fingerprint);
		verdict.className = result === "same" ? "hint good" : result === "other" ? "hint bad" : "hint";
		verdict.textContent = result === "same" ? t("hostkey.matches") : result === "other" ? t("hostkey.differs") : "";
		allow(result !== "other");
	});
	return h("div", {}, field(t("hostkey.paste"), input), verdict);
}

/** Tells that a saved key does not fit. There is no way on from here but closing it, or a second, deliberate step. */
export function changedKeyCard(
	error: HostKeyError,
	history: ReadonlyMap<string, KeyHistory>,
	canReplace: boolean,
	{ done, cancel }: Answering<"replace">,
): Card {
	const close = button(t("close"), "primary", cancel);
	const actions = [close];
	if (canReplace) actions.push(button(t("hostkey.replace"), "quiet", () => done("replace")));
	const element = card({
		title: t("hostkey.changed", { host: error.offered.host }),
		picture: alert,
		tone: "danger",
		role: "alertdialog",
		body: [
			h("p", { class: "strong" }, t("problem.nothing-sent")),
			p(t("hostkey.changed.why")),
			keyTable(error, history),
			p(t("hostkey.changed.todo")),
		],
		actions,
	});
	return { element, focus: close };
}

function keyTable(error: HostKeyError, history: ReadonlyMap<string, KeyHistory>): HTMLElement {
	const rows = error.known
		.slice(0, 8)
		.flatMap((key) =>
			keyRow(t(key.system ? "hostkey.listed" : "hostkey.saved"), key, describeHistory(history.get(key.line))),
		);
	return h("dl", { class: "keys" }, ...rows, ...keyRow(t("hostkey.now"), error.offered, ""));
}

function keyRow(label: string, key: Pick<KnownKey, "type" | "fingerprint">, note: string): HTMLElement[] {
	return [
		h("dt", {}, label),
		h(
			"dd",
			{},
			`${keyKind(key.type)} `,
			h("code", {}, key.fingerprint),
			note === "" ? undefined : h("span", { class: "quiet" }, ` ${note}`),
		),
	];
}

function describeHistory(history: KeyHistory | undefined): string {
	const since =
		history?.added === undefined
			? ""
			: t("hostkey.since", {
					date: new Intl.DateTimeFormat(dateLocale(), { dateStyle: "medium" }).format(history.added),
				});
	const uses = history?.uses === undefined ? "" : t("hostkey.used", { n: history.uses });
	return [since, uses].filter((text) => text !== "").join(", ");
}

/** The second step: only who has the new fingerprint, or writes the host's name on purpose, replaces the key. */
export function replaceKeyCard(offered: HostKey, { done, cancel }: Answering<true>): Card {
	const replace = button(t("hostkey.replace.do"), "danger", () => done(true));
	replace.disabled = true;
	const input = h("input", { type: "text", autocomplete: "off", spellcheck: "false", autocapitalize: "off" });
	const verdict = h("p", { class: "hint", role: "status" });
	input.addEventListener("input", () => {
		const typed = input.value.trim();
		const named = typed.toLowerCase() === offered.host.toLowerCase();
		const same = compare(typed, offered.fingerprint) === "same";
		replace.disabled = !(named || same);
		const wrong = /^SHA256:.{43}/.test(typed) && !same;
		verdict.className = same ? "hint good" : "hint bad";
		verdict.textContent = same ? t("hostkey.replace.matches") : wrong ? t("hostkey.replace.differs") : "";
	});
	const element = card({
		title: t("hostkey.replace.title", { host: offered.host }),
		picture: alert,
		tone: "danger",
		role: "alertdialog",
		body: [
			p(t("hostkey.replace.shows", { kind: keyKind(offered.type) })),
			h("div", { class: "fingerprint" }, h("code", {}, offered.fingerprint)),
			field(t("hostkey.replace.paste", { host: offered.host }), input),
			verdict,
		],
		actions: [replace, button(t("cancel"), "quiet", cancel)],
	});
	return { element, focus: input };
}

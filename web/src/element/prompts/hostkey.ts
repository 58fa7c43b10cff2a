import alert from "lucide-static/icons/shield-alert.svg";
import shield from "lucide-static/icons/shield-question-mark.svg";
import type { Decision, HostKey, HostKeyError, KnownKey } from "../../client/index.ts";
import { h, newId } from "../dom.ts";
import type { Answering, Card } from "../layer.ts";
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

/** How the new-key question is put. */
export interface NewKeyOptions {
	/** There is a place to save the key in. */
	readonly canSave: boolean;
	/** The fingerprint that a link promised. */
	readonly promised?: string;
}

/** Asks about the key of a host that is not known yet. */
export function newHostKeyCard(key: HostKey, options: NewKeyOptions, { done, cancel }: Answering<Decision>): Card {
	const trust = button(options.canSave ? "Trust and save" : "Trust this time", "primary", () =>
		done(options.canSave ? "remember" : "once"),
	);
	const once = button("This time only", "quiet", () => done("once"));
	const refuse = button("Cancel", "quiet", cancel);
	const broken = options.promised !== undefined && options.promised !== key.fingerprint;
	const allow = (allowed: boolean): void => {
		trust.disabled = broken || !allowed;
		once.disabled = broken || !allowed;
	};
	allow(true);
	const element = card({
		title: `First connection to ${key.host}${key.port === 22 ? "" : ` (port ${key.port})`}`,
		picture: shield,
		body: [
			p(`Its ${keyKind(key.type)} key is`),
			fingerprintBlock(key),
			promise(key, options.promised),
			...relatives(key),
			compareField(key, allow),
			h("p", { class: "quiet" }, "If you cannot check it, someone between you and the server could read this session."),
		],
		actions: options.canSave ? [trust, once, refuse] : [trust, refuse],
	});
	// Cancel has the focus, so that a hasty Enter accepts nothing.
	return { element, focus: refuse };
}

function fingerprintBlock(key: HostKey): HTMLElement {
	const picture = h(
		"pre",
		{ class: "randomart", hidden: true, "aria-label": "Picture of the fingerprint" },
		randomart(key.fingerprint, `${keyKind(key.type)}`),
	);
	const toggle = textButton("Show picture", (self) => {
		picture.hidden = !picture.hidden;
		self.textContent = picture.hidden ? "Show picture" : "Hide picture";
	});
	return h(
		"div",
		{ class: "fingerprint" },
		h("code", {}, key.fingerprint),
		h(
			"div",
			{ class: "row" },
			copyButton("Copy", () => key.fingerprint),
			toggle,
		),
		picture,
	);
}

function promise(key: HostKey, promised: string | undefined): HTMLElement | undefined {
	if (promised === undefined) return undefined;
	if (promised === key.fingerprint)
		return h(
			"p",
			{ class: "hint good" },
			"It matches the fingerprint in the link that you followed. Trust it as far as you trust where the link came from.",
		);
	return h(
		"p",
		{ class: "hint bad", role: "alert" },
		"It does not match the fingerprint in the link. Do not continue.",
	);
}

function relatives(key: HostKey): HTMLElement[] {
	const found: HTMLElement[] = [];
	if (key.sameKeyAs.length > 0) {
		const names = key.sameKeyAs.slice(0, 5).join(", ");
		found.push(h("p", { class: "hint good" }, `You know this very key already, as ${names}.`));
	}
	if (key.otherKnown.length > 0) {
		const kinds = [...new Set(key.otherKnown.map((known) => keyKind(known.type)))].join(" and ");
		found.push(
			h(
				"p",
				{ class: "hint warn" },
				`For this host you have saved another type of key (${kinds}). The server should still show that one: be careful.`,
			),
		);
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
		verdict.textContent = result === "same" ? "Matches." : result === "other" ? "Does not match. Do not continue." : "";
		allow(result !== "other");
	});
	return h("div", {}, field("If you have the fingerprint from its owner, paste it here:", input), verdict);
}

/** Tells that a saved key does not fit. There is no way on from here but closing it, or a second, deliberate step. */
export function changedKeyCard(
	error: HostKeyError,
	history: ReadonlyMap<string, KeyHistory>,
	canReplace: boolean,
	{ done, cancel }: Answering<"replace">,
): Card {
	const close = button("Close", "primary", cancel);
	const actions = [close];
	if (canReplace) actions.push(button("Replace the saved key…", "quiet", () => done("replace")));
	const element = card({
		title: `The key of ${error.offered.host} has changed. The connection was stopped.`,
		picture: alert,
		tone: "danger",
		role: "alertdialog",
		body: [
			h("p", { class: "strong" }, "Nothing was sent: no password and no key."),
			p("This happens when the server was reinstalled. It also happens when someone intercepts the connection."),
			keyTable(error, history),
			p("Ask whoever runs the server for the new fingerprint."),
		],
		actions,
	});
	return { element, focus: close };
}

function keyTable(error: HostKeyError, history: ReadonlyMap<string, KeyHistory>): HTMLElement {
	const rows = error.known.slice(0, 8).flatMap((key) => keyRow("Saved", key, describeHistory(history.get(key.line))));
	return h("dl", { class: "keys" }, ...rows, ...keyRow("Now", error.offered, ""));
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
			: `since ${new Intl.DateTimeFormat(undefined, { dateStyle: "medium" }).format(history.added)}`;
	const uses = history?.uses === undefined ? "" : `used ${history.uses} ${history.uses === 1 ? "time" : "times"}`;
	return [since, uses].filter((text) => text !== "").join(", ");
}

/** The second step: only who has the new fingerprint, or writes the host's name on purpose, replaces the key. */
export function replaceKeyCard(offered: HostKey, { done, cancel }: Answering<true>): Card {
	const replace = button("Replace and connect", "danger", () => done(true));
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
		verdict.textContent = same
			? "Matches the key that the server shows now."
			: wrong
				? "Does not match the key that the server shows now. Do not continue."
				: "";
	});
	const element = card({
		title: `Replace the saved key of ${offered.host}`,
		picture: alert,
		tone: "danger",
		role: "alertdialog",
		body: [
			p("The server shows this ", `${keyKind(offered.type)} key now:`),
			h("div", { class: "fingerprint" }, h("code", {}, offered.fingerprint)),
			field(
				`Paste the new fingerprint that you were given, or type ${offered.host} if you are sure without it:`,
				input,
			),
			verdict,
		],
		actions: [replace, button("Cancel", "quiet", cancel)],
	});
	return { element, focus: input };
}

/** Pieces that the cards share. */
import { type Child, h, icon, newId } from "../dom.ts";
import { isDrawing, serverLimit, showable } from "../untrusted.ts";
import { t } from "../words/words.ts";

/** How a card stands out. */
type Tone = "plain" | "danger" | "key";

interface CardParts {
	readonly title: string;
	readonly tone?: Tone;
	/** `alertdialog` interrupts; the rest are dialogs. */
	readonly role?: "dialog" | "alertdialog";
	/** Text of an SVG icon. */
	readonly picture: string;
	readonly body: readonly Child[];
	readonly actions: readonly HTMLElement[];
	/** Makes the card a form: called on Enter and on its submit button. */
	readonly onSubmit?: () => void;
}

/** Builds a card with a title, a body and a row of buttons. */
export function card(parts: CardParts): HTMLElement {
	const title = newId("title");
	const body = newId("body");
	const frame = [
		h(
			"div",
			{ class: "card-head" },
			h("span", { class: "card-icon" }, icon(parts.picture)),
			h("h2", { id: title }, parts.title),
		),
		h("div", { class: "card-body", id: body }, ...parts.body),
		h("div", { class: "card-actions" }, ...parts.actions),
	];
	const box = h("div", {
		class: `card ${parts.tone ?? "plain"}`,
		role: parts.role ?? "dialog",
		"aria-labelledby": title,
		part: "dialog",
	});
	if (parts.role === "alertdialog") box.setAttribute("aria-describedby", body);
	const { onSubmit } = parts;
	if (onSubmit === undefined) box.append(...frame);
	else box.append(form(frame, onSubmit));
	return box;
}

function form(children: readonly Node[], onSubmit: () => void): HTMLFormElement {
	const element = h("form", { novalidate: true, autocomplete: "on" }, ...children);
	element.addEventListener("submit", (event) => {
		event.preventDefault();
		onSubmit();
	});
	return element;
}

/** A button; "submit" as its kind makes it the form's. */
export function button(
	label: string,
	kind: "primary" | "quiet" | "danger" | "submit",
	onClick?: () => void,
): HTMLButtonElement {
	const made = h(
		"button",
		{ type: kind === "submit" ? "submit" : "button", class: `button ${kind === "submit" ? "primary" : kind}` },
		label,
	);
	if (onClick !== undefined) made.addEventListener("click", onClick);
	return made;
}

/** A small button that looks like text. */
export function textButton(label: string, onClick: (button: HTMLButtonElement) => void): HTMLButtonElement {
	const made = h("button", { type: "button", class: "text-button" }, label);
	made.addEventListener("click", () => onClick(made));
	return made;
}

/** Copies on click, and says so. */
export function copyButton(label: string, text: () => string): HTMLButtonElement {
	return textButton(label, (self) => {
		void navigator.clipboard
			.writeText(text())
			.then(
				() => t("copied"),
				() => t("copy.refused"),
			)
			.then((note) => {
				self.textContent = note;
				setTimeout(() => {
					self.textContent = label;
				}, 1500);
			});
	});
}

/** An input under its label. */
export function field(label: string, input: HTMLInputElement, ...more: Child[]): HTMLElement {
	input.id ||= newId("field");
	return h(
		"div",
		{ class: "field" },
		h("label", { for: input.id }, label),
		h("div", { class: "field-row" }, input, ...more),
	);
}

/** A secret's input with a button that shows it, and a warning while Caps Lock is on. */
export function secretField(label: string, input: HTMLInputElement): HTMLElement {
	const caps = h("p", { class: "hint warn", hidden: true, role: "status" }, t("secret.caps"));
	const show = h("button", { type: "button", class: "text-button reveal", "aria-pressed": "false" }, t("show"));
	show.addEventListener("click", () => {
		const shown = input.type === "text";
		input.type = shown ? "password" : "text";
		show.textContent = t(shown ? "show" : "hide");
		show.setAttribute("aria-pressed", String(!shown));
		input.focus();
	});
	const watch = (event: KeyboardEvent): void => {
		caps.hidden = !event.getModifierState?.("CapsLock");
	};
	input.addEventListener("keydown", watch);
	input.addEventListener("keyup", watch);
	return h("div", {}, field(label, input, show), caps);
}

/** Text of the server in a frame that says whose words they are. */
export function serverSays(text: string, label = t("server.says")): HTMLElement {
	const drawn = isDrawing(text);
	const words = h(
		"blockquote",
		{ class: drawn ? "drawing" : undefined, tabindex: drawn ? 0 : undefined },
		showable(text, serverLimit),
	);
	return h("figure", { class: "server-says" }, h("figcaption", {}, label), words);
}

/** A paragraph. */
export function p(...children: Child[]): HTMLElement {
	return h("p", {}, ...children);
}

/** A key's type as people know it: ED25519, RSA, ECDSA. */
export function keyKind(type: string): string {
	const plain = type.replace(/-cert-v01@openssh\.com$/, "").replace(/@openssh\.com$/, "");
	const names: Readonly<Record<string, string>> = {
		"ssh-ed25519": "ED25519",
		"ssh-rsa": "RSA",
		"ssh-dss": "DSA",
		"sk-ssh-ed25519": "ED25519-SK",
	};
	if (plain.startsWith("ecdsa-sha2-")) return "ECDSA";
	if (plain.startsWith("rsa-sha2-")) return "RSA";
	return names[plain] ?? showable(type, 60);
}

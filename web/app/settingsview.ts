import { h, newId } from "../src/element/dom.ts";
import type { Settings } from "../src/vault/index.ts";
import { Modal } from "./modal.ts";

/** Put in by the build. */
declare const WASMIKO_VERSION: string;

/** Shows the settings. Each change counts at once. */
export function showSettings(now: Settings, lasting: boolean, onChange: (some: Partial<Settings>) => void): void {
	new Modal(
		"Settings",
		choice("Theme", ["auto", "light", "dark"], now.theme, (theme) => onChange({ theme })),
		number("Font size", now.fontSize, 8, 40, 1, (fontSize) => onChange({ fontSize })),
		number("Lines of scrollback", now.scrollback, 0, 100_000, 1000, (scrollback) => onChange({ scrollback })),
		choice("Drawing", ["auto", "webgl", "dom"], now.renderer, (renderer) => onChange({ renderer }), {
			auto: "What is faster here",
			webgl: "WebGL",
			dom: "The document",
		}),
		choice("Files", ["right", "below"], now.filesSide, (filesSide) => onChange({ filesSide })),
		choice("Bell", ["visual", "none"], now.bell, (bell) => onChange({ bell })),
		choice("When a session is lost", ["ask", "login"], now.onLost, (onLost) => onChange({ onLost })),
		choice("A new session runs", ["login", "tmux"], now.shell, (shell) => onChange({ shell }), {
			login: "The login shell",
			tmux: "tmux, where there is one",
		}),
		!lasting &&
			h(
				"p",
				{ class: "quiet" },
				"This browser lets the page store nothing here: settings and host keys last until the tab closes.",
			),
		about(),
	);
}

/** What this is, and by whose leave it ships what it is made of. */
function about(): HTMLElement {
	const licences = { href: new URL("licenses.txt", document.baseURI).href, target: "_blank", rel: "noopener" };
	return h(
		"p",
		{ class: "quiet" },
		`Wasmiko ${WASMIKO_VERSION}, Apache License 2.0. `,
		h("a", licences, "All licences"),
	);
}

const words: Readonly<Record<string, string>> = {
	auto: "As the system",
	light: "Light",
	dark: "Dark",
	visual: "Short flash",
	none: "Nothing",
	ask: "Ask me",
	login: "Log in again",
	right: "Beside the terminal",
	below: "Below it",
};

function choice<T extends string>(
	label: string,
	values: readonly T[],
	now: T,
	onChange: (value: T) => void,
	names: Readonly<Record<string, string>> = words,
): HTMLElement {
	const name = newId("choice");
	const items = values.map((value) => {
		const id = newId("option");
		const input = h("input", { type: "radio", name, id, value, checked: value === now, class: "visually-hidden" });
		input.addEventListener("change", () => onChange(value));
		return h("span", { class: "option" }, input, h("label", { for: id, class: "chip" }, names[value] ?? value));
	});
	return h("fieldset", { class: "setting" }, h("legend", {}, label), h("div", { class: "chips" }, ...items));
}

function number(
	label: string,
	now: number,
	least: number,
	most: number,
	step: number,
	onChange: (value: number) => void,
): HTMLElement {
	const id = newId("number");
	const input = h("input", { type: "number", id, value: now, min: least, max: most, step, inputmode: "numeric" });
	input.addEventListener("change", () => {
		const value = Math.min(Math.max(Math.round(input.valueAsNumber), least), most);
		if (!Number.isFinite(value)) return;
		input.value = String(value);
		onChange(value);
	});
	return h("div", { class: "setting" }, h("label", { for: id }, label), input);
}

/**
 * Building DOM without markup strings. The page runs under Trusted Types with
 * no policy for HTML, which rules every template library out; a function call
 * a node is all that is needed.
 */

type Handler = (event: never) => void;
type Value = string | number | boolean | undefined | Handler;

/** Attributes by name; `onclick` and the like are listeners; true and false switch an attribute. */
export type Props = Readonly<Record<string, Value>>;

/** What may stand within an element. */
export type Child = Node | string | false | undefined;

/** Makes an element. Text children are text: no markup is ever parsed. */
export function h<K extends keyof HTMLElementTagNameMap>(
	tag: K,
	props: Props = {},
	...children: Child[]
): HTMLElementTagNameMap[K] {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(props)) set(element, name, value);
	for (const child of children) if (child !== undefined && child !== false) element.append(child);
	return element;
}

function set(element: HTMLElement, name: string, value: Value): void {
	if (value === undefined) return;
	if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
	else if (typeof value === "boolean" && !name.startsWith("aria-")) element.toggleAttribute(name, value);
	else element.setAttribute(name, String(value));
}

const svg = "http://www.w3.org/2000/svg";

/** Makes an icon from the text of a Lucide or own SVG file: flat shapes within one svg element. */
export function icon(text: string, className = "icon"): SVGSVGElement {
	const element = document.createElementNS(svg, "svg");
	for (const [, tag = "", attributes = ""] of text.matchAll(/<([a-z]+)\s([^>]*?)\/?>/g)) {
		const shape = tag === "svg" ? element : element.appendChild(document.createElementNS(svg, tag));
		for (const [, name = "", value = ""] of attributes.matchAll(/([a-zA-Z][\w-]*)="([^"]*)"/g)) {
			if (name !== "xmlns" && name !== "class") shape.setAttribute(name, value);
		}
	}
	element.setAttribute("class", className);
	element.setAttribute("aria-hidden", "true");
	return element;
}

/** A style sheet for a shadow root, from text. */
export function sheet(css: string): CSSStyleSheet {
	const made = new CSSStyleSheet();
	made.replaceSync(css);
	return made;
}

let lastId = 0;

/** An id that is new in this page, for labels. */
export function newId(prefix: string): string {
	lastId++;
	return `${prefix}-${lastId}`;
}

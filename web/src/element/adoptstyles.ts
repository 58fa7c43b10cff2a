/**
 * xterm.js writes its colours and cell sizes into `<style>` elements that it
 * makes itself; `style-src 'self'` blocks those, and the text turns black on
 * black. While its code runs, a stand-in element takes the text and passes it
 * to an adopted style sheet, which the policy allows.
 */
export function adoptStyles<T>(root: ShadowRoot, work: () => T): T {
	const own = Object.getOwnPropertyDescriptor(document, "createElement");
	const original = document.createElement;
	const patched = (name: string, options?: ElementCreationOptions): HTMLElement =>
		name.toLowerCase() === "style" ? standIn(root, original) : original.call(document, name, options);
	Object.defineProperty(document, "createElement", { configurable: true, writable: true, value: patched });
	try {
		return work();
	} finally {
		if (own === undefined) Reflect.deleteProperty(document, "createElement");
		else Object.defineProperty(document, "createElement", own);
	}
}

/** An inert element whose text content is a style sheet of root; removing it removes the sheet. */
function standIn(root: ShadowRoot, create: typeof document.createElement): HTMLElement {
	const element = create.call(document, "template");
	const styles = new CSSStyleSheet();
	let text = "";
	root.adoptedStyleSheets = [...root.adoptedStyleSheets, styles];
	Object.defineProperty(element, "textContent", {
		configurable: true,
		get: () => text,
		set: (value: string | null) => {
			text = value ?? "";
			styles.replaceSync(text);
		},
	});
	const remove = element.remove.bind(element);
	element.remove = () => {
		root.adoptedStyleSheets = root.adoptedStyleSheets.filter((each) => each !== styles);
		remove();
	};
	return element;
}

import { h } from "./dom.ts";
import { t } from "./words/words.ts";

/** Clicks on a question count only after it was in plain sight for this long. */
const armingMs = 500;

/** What Chromium tells besides the standard: that nothing lies over an element, and nothing makes it transparent. */
type Sight = IntersectionObserverEntry & { readonly isVisible?: boolean };

/**
 * In a frame, keeps clicks and submits from a question until its buttons were
 * in plain sight for half a second. The page around could move a trap under
 * the mouse just then, or lay something over us that shows other words; of
 * the latter only some browsers know. Undefined where nobody is around.
 */
export function guard(card: HTMLElement): Disposable | undefined {
	if (window.top === window) return undefined;
	let clearSince = performance.now();
	let covered = false;
	const hint = h("p", { class: "hint warn", role: "alert" });
	const sight = new IntersectionObserver(
		(entries) => {
			const visible = (entries.at(-1) as Sight | undefined)?.isVisible;
			if (visible === undefined) return;
			if (covered && visible) clearSince = performance.now();
			covered = !visible;
			if (visible) hint.remove();
		},
		{ threshold: 1, trackVisibility: true, delay: 100 } as IntersectionObserverInit,
	);
	sight.observe(card.querySelector(".card-actions") ?? card);
	const swallow = (event: Event): void => {
		if (!covered && performance.now() - clearSince >= armingMs) return;
		event.preventDefault();
		event.stopImmediatePropagation();
		if (!covered) return;
		hint.textContent = t("question.covered");
		card.append(hint);
	};
	for (const type of ["click", "submit"]) card.addEventListener(type, swallow, { capture: true });
	return { [Symbol.dispose]: () => sight.disconnect() };
}

import { h } from "./dom.ts";
import { t } from "./words/words.ts";

/** Clicks on a question count only after it was in plain sight for this long. */
const armingMs = 500;

/** What Chromium tells besides the standard: that nothing lies over an element, and nothing makes it transparent. */
type Sight = IntersectionObserverEntry & { readonly isVisible?: boolean };

/**
 * In a frame, keeps clicks and submits from a question until the button was in
 * plain sight for half a second. The page around could move a trap under
 * the mouse just then, or lay something over us that shows other words; of
 * the latter only some browsers know. Undefined where nobody is around.
 */
export function guard(card: HTMLElement): Disposable | undefined {
	if (window.top === window) return undefined;
	let clearSince = performance.now();
	/** Each by itself: a small frame may not show all of them at once. */
	const covered = new Set<Element>();
	const hint = h("p", { class: "hint warn", role: "alert" });
	const sight = new IntersectionObserver(
		(entries) => {
			for (const { target, isVisible } of entries as Sight[]) {
				if (isVisible === false) covered.add(target);
				else if (covered.delete(target)) {
					clearSince = performance.now();
					hint.remove();
				}
			}
		},
		{ threshold: 1, trackVisibility: true, delay: 100 } as IntersectionObserverInit,
	);
	const buttons = new Set<Element>(card.querySelectorAll(".card-actions button"));
	if (buttons.size === 0) buttons.add(card);
	for (const button of buttons) sight.observe(button);
	const swallow = (event: Event): void => {
		const pressed = event instanceof SubmitEvent ? event.submitter : (event.target as Element).closest("button");
		const isCovered = pressed && buttons.has(pressed) ? covered.has(pressed) : covered.size === buttons.size;
		if (!isCovered && performance.now() - clearSince >= armingMs) return;
		event.preventDefault();
		event.stopImmediatePropagation();
		if (!isCovered) return;
		hint.textContent = t("question.covered");
		card.append(hint);
	};
	for (const type of ["click", "submit"]) card.addEventListener(type, swallow, { capture: true });
	return { [Symbol.dispose]: () => sight.disconnect() };
}

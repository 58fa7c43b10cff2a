import alert from "lucide-static/icons/circle-alert.svg";
import cross from "lucide-static/icons/x.svg";
import { h, icon } from "../dom.ts";
import { t } from "../words/words.ts";

/** So many stand there at once: a pile of them helps nobody. */
const most = 2;

/** The bars above the list that tell what failed. */
export class Alerts {
	readonly element = h("div", { class: "alerts" });
	readonly #onDismiss: () => void;

	constructor(onDismiss: () => void) {
		this.#onDismiss = onDismiss;
	}

	/** Tells something; the same again takes the place of the old. */
	show(text: string): void {
		for (const old of [...this.element.children]) if (old.textContent === text) old.remove();
		while (this.element.childElementCount >= most) this.element.firstElementChild?.remove();
		const bar = h("div", { class: "alert", role: "alert" }, icon(alert), h("span", {}, text));
		const close = h("button", { type: "button", class: "icon-button", "aria-label": t("dismiss") }, icon(cross));
		close.addEventListener("click", () => {
			bar.remove();
			this.#onDismiss();
		});
		bar.append(close);
		this.element.append(bar);
	}
}

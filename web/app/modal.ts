import cross from "lucide-static/icons/x.svg";
import { type Child, h, icon, newId } from "../src/element/dom.ts";

/** A modal dialog of the page itself. */
export class Modal {
	readonly element: HTMLDialogElement;
	/** Resolves when the dialog has closed, with the value of the button that closed it; "" if none did. */
	readonly closed: Promise<string>;

	/** Shows a dialog at once. Escape and the cross close it. */
	constructor(title: string, ...body: Child[]) {
		const heading = newId("dialog");
		this.element = h(
			"dialog",
			{ class: "dialog", "aria-labelledby": heading },
			h(
				"header",
				{},
				h("h2", { id: heading }, title),
				h(
					"button",
					{ type: "button", class: "icon-button", "aria-label": "Close", onclick: () => this.close() },
					icon(cross),
				),
			),
			...body,
		);
		this.closed = new Promise((resolve) => {
			this.element.addEventListener("close", () => {
				this.element.remove();
				resolve(this.element.returnValue);
			});
		});
		// A click beside the dialog lands on the dialog element itself.
		this.element.addEventListener("mousedown", (event) => event.target === this.element && this.close());
		document.body.append(this.element);
		this.element.showModal();
	}

	/** Closes it with a value. */
	close(value = ""): void {
		this.element.close(value);
	}
}

/** Asks whether to go on with something that ends or loses something. The focus is on the way back. */
export async function confirm(title: string, text: string, action: string): Promise<boolean> {
	const back = h("button", { type: "button", class: "button quiet" }, "Cancel");
	const go = h("button", { type: "button", class: "button danger" }, action);
	const modal = new Modal(title, h("p", {}, text), h("div", { class: "actions" }, go, back));
	back.addEventListener("click", () => modal.close());
	go.addEventListener("click", () => modal.close("yes"));
	back.focus();
	return (await modal.closed) === "yes";
}

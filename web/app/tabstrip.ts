import plus from "lucide-static/icons/plus.svg";
import cross from "lucide-static/icons/x.svg";
import { h, icon } from "../src/element/dom.ts";

/** What a tab shows. */
export interface TabFace {
	readonly id: string;
	readonly title: string;
	/** The session's state: its name colours the dot, its text is read out. */
	readonly state: string;
	readonly stateText: string;
}

/** What the strip reports. */
export interface TabEvents {
	onSelect(id: string): void;
	onClose(id: string): void;
	onNew(): void;
}

/** The strip of tabs: arrows move, Delete closes. */
export class TabStrip {
	readonly element: HTMLElement;
	readonly #events: TabEvents;
	readonly #list = h("div", { class: "tabs", role: "tablist", "aria-label": "Sessions" });

	constructor(events: TabEvents) {
		this.#events = events;
		const more = h(
			"button",
			{
				type: "button",
				class: "icon-button",
				"aria-label": "New session",
				title: "New session (Ctrl+Shift+T)",
				onclick: () => events.onNew(),
			},
			icon(plus),
		);
		this.element = h("div", { class: "tabstrip", hidden: true }, this.#list, more);
		this.#list.addEventListener("keydown", (event) => this.#key(event));
	}

	/** Shows the tabs, one of them selected; "" selects none. */
	draw(faces: readonly TabFace[], selected: string): void {
		const focused = this.#list.contains(document.activeElement);
		this.element.hidden = faces.length === 0;
		this.#list.hidden = faces.length === 0;
		this.#list.replaceChildren(
			...faces.map((face, i) =>
				this.#tab(face, face.id === selected, face.id === selected || (selected === "" && i === 0)),
			),
		);
		const current = this.#list.querySelector<HTMLElement>("[aria-selected=true]");
		current?.scrollIntoView({ block: "nearest", inline: "nearest" });
		if (focused) current?.focus();
	}

	#tab(face: TabFace, selected: boolean, reachable: boolean): HTMLElement {
		// The cross is for the mouse alone: keys have Delete, and a tab may hold no button.
		const close = h("span", { class: "tab-close", title: "Close (Alt+Shift+W)" }, icon(cross));
		close.addEventListener("click", (event) => {
			event.stopPropagation();
			this.#events.onClose(face.id);
		});
		const tab = h(
			"div",
			{
				class: "tab",
				role: "tab",
				id: `tab-${face.id}`,
				"aria-controls": `panel-${face.id}`,
				"aria-selected": String(selected),
				"aria-label": `${face.title}, ${face.stateText}`,
				"aria-keyshortcuts": "Delete",
				tabindex: reachable ? "0" : "-1",
				title: face.title,
				"data-state": face.state,
			},
			h("span", { class: "dot" }),
			h("span", { class: "tab-title" }, face.title),
			close,
		);
		tab.addEventListener("click", () => this.#events.onSelect(face.id));
		tab.addEventListener("auxclick", (event) => event.button === 1 && this.#events.onClose(face.id));
		return tab;
	}

	#key(event: KeyboardEvent): void {
		const tabs = [...this.#list.querySelectorAll<HTMLElement>("[role=tab]")];
		const at = tabs.indexOf(event.target as HTMLElement);
		const id = (tab: HTMLElement | undefined): string => tab?.id.replace(/^tab-/, "") ?? "";
		if (at < 0) return;
		if (event.key === "Delete") this.#events.onClose(id(tabs[at]));
		else if (event.key === "Enter" || event.key === " ") this.#events.onSelect(id(tabs[at]));
		else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
			const next = tabs.at((at + (event.key === "ArrowRight" ? 1 : -1)) % tabs.length);
			next?.focus();
		} else return;
		event.preventDefault();
	}
}

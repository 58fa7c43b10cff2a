import { h, icon } from "../dom.ts";

/** An entry of a menu; undefined stands for a line between groups. */
export interface MenuItem {
	readonly label: string;
	readonly picture?: string;
	/** The key that does the same, for the eye. */
	readonly key?: string;
	readonly danger?: boolean;
	readonly disabled?: boolean;
	/** For switches: whether it is on. */
	readonly checked?: boolean;
	act(): void;
}

/** A menu that opens at a point or below a button. Arrows move, letters jump, Escape leaves. */
export class Menu {
	readonly #root: HTMLElement;
	#open: HTMLElement | undefined;
	#back: HTMLElement | undefined;

	/** Menus are shown within root. */
	constructor(root: HTMLElement) {
		this.#root = root;
		root.addEventListener("pointerdown", (event) => {
			if (this.#open !== undefined && !event.composedPath().includes(this.#open)) this.close(false);
		});
	}

	/** Opens a menu; the focus goes back to `back` afterwards. */
	open(items: readonly (MenuItem | undefined)[], at: { x: number; y: number }, back: HTMLElement): void {
		this.close(false);
		const menu = h("div", { class: "menu", role: "menu", tabindex: "-1" }, ...items.map((item) => this.#item(item)));
		menu.addEventListener("keydown", (event) => this.#key(event));
		menu.addEventListener("focusout", (event) => {
			if (event.relatedTarget instanceof Node && !menu.contains(event.relatedTarget)) this.close(false);
		});
		menu.addEventListener("contextmenu", (event) => event.preventDefault());
		this.#back = back;
		this.#open = menu;
		this.#root.append(menu);
		const bounds = this.#root.getBoundingClientRect();
		const fit = (wanted: number, size: number, room: number): number => Math.max(4, Math.min(wanted, room - size - 4));
		menu.style.left = `${fit(at.x - bounds.x, menu.offsetWidth, bounds.width)}px`;
		menu.style.top = `${fit(at.y - bounds.y, menu.offsetHeight, bounds.height)}px`;
		this.#items()[0]?.focus();
	}

	close(giveBack = true): void {
		const menu = this.#open;
		this.#open = undefined;
		menu?.remove();
		if (giveBack && menu !== undefined) this.#back?.focus({ preventScroll: true });
	}

	#item(item: MenuItem | undefined): HTMLElement {
		if (item === undefined) return h("div", { class: "line", role: "separator" });
		const made = h(
			"button",
			{
				type: "button",
				role: item.checked === undefined ? "menuitem" : "menuitemcheckbox",
				"aria-checked": item.checked === undefined ? undefined : String(item.checked),
				class: item.danger ? "item danger" : "item",
				disabled: item.disabled ?? false,
				tabindex: "-1",
			},
			item.picture === undefined ? h("span", { class: "icon" }) : icon(item.picture),
			h("span", { class: "item-label" }, item.label),
			item.key !== undefined && h("kbd", { "aria-hidden": "true" }, item.key),
		);
		made.addEventListener("click", () => {
			this.close();
			item.act();
		});
		return made;
	}

	#items(): HTMLButtonElement[] {
		return [...(this.#open?.querySelectorAll<HTMLButtonElement>("button:not(:disabled)") ?? [])];
	}

	#key(event: KeyboardEvent): void {
		event.stopPropagation();
		const items = this.#items();
		const at = items.indexOf(event.target as HTMLButtonElement);
		const go = (to: number): void => items.at(to % items.length)?.focus();
		if (event.key === "Escape" || event.key === "Tab") this.close();
		else if (event.key === "ArrowDown") go(at + 1);
		else if (event.key === "ArrowUp") go(at - 1 + items.length);
		else if (event.key === "Home") go(0);
		else if (event.key === "End") go(items.length - 1);
		else if (event.key.length === 1 && event.key !== " ") {
			const letter = event.key.toLowerCase();
			const begins = (each: HTMLElement): boolean =>
				each.querySelector(".item-label")?.textContent?.toLowerCase().startsWith(letter) === true;
			const [next] = [...items.slice(at + 1), ...items.slice(0, at + 1)].filter(begins);
			next?.focus();
			return;
		} else return;
		event.preventDefault();
	}
}

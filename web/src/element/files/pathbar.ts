import pencil from "lucide-static/icons/pencil.svg";
import type { Path, SFTP } from "../../client/filetypes.ts";
import { h, icon, newId } from "../dom.ts";
import { t } from "../words/words.ts";
import { showName } from "./names.ts";
import { crumbs, pathText, typedPath } from "./paths.ts";

/** What a path bar needs of its panel. */
export interface PathBarEvents {
	onGo(path: Path): void;
	/** The session to complete names with. */
	sftp(): SFTP | undefined;
}

/** So many completions are offered. */
const mostChoices = 12;
/** So many entries of a folder are looked at for them. */
const mostRead = 5000;

/** Where the panel is: as a row of folders to go to, or as a field to type in. */
export class PathBar {
	readonly element: HTMLElement;
	readonly #events: PathBarEvents;
	readonly #trail = h("ol", { class: "crumbs" });
	readonly #list = h("div", {
		class: "choices-list",
		role: "listbox",
		id: newId("paths"),
		"aria-label": t("files.folders"),
		hidden: true,
	});
	readonly #input: HTMLInputElement;
	readonly #edit: HTMLButtonElement;
	#path: Path = "/";
	#home = "/";
	#chosen = -1;
	#looking: AbortController | undefined;
	#folder: { readonly path: string; readonly names: readonly string[] } | undefined;

	constructor(events: PathBarEvents) {
		this.#events = events;
		this.#input = h("input", {
			type: "text",
			class: "path",
			role: "combobox",
			"aria-label": t("files.path"),
			"aria-expanded": "false",
			"aria-controls": this.#list.id,
			"aria-autocomplete": "list",
			spellcheck: "false",
			autocomplete: "off",
			autocapitalize: "off",
			enterkeyhint: "go",
			hidden: true,
		});
		this.#edit = h(
			"button",
			{ type: "button", class: "icon-button", "aria-label": t("files.type-path"), title: t("files.type-path.tip") },
			icon(pencil),
		);
		this.#edit.addEventListener("click", () => this.edit());
		this.#input.addEventListener("input", () => void this.#complete());
		this.#input.addEventListener("keydown", (event) => this.#key(event));
		this.#input.addEventListener("blur", () => this.#leave(false));
		const nav = h("nav", { class: "trail", "aria-label": t("files.path") }, this.#trail);
		// A click beside the folders is for the field, as in other file managers.
		nav.addEventListener("click", (event) => event.target !== this.#trail || this.edit());
		this.element = h("div", { class: "pathbar" }, nav, this.#edit, this.#input, this.#list);
	}

	/** Shows where the panel is. */
	show(path: Path, home: string): void {
		this.#path = path;
		this.#home = home;
		const all = crumbs(path);
		this.#trail.replaceChildren(
			...all.map((crumb, i) => {
				const last = i === all.length - 1;
				const name = i === 0 ? "/" : showName(crumb.name, 80);
				const go = h("button", { type: "button", class: "crumb", "aria-current": last ? "location" : undefined }, name);
				if (i === 0) go.setAttribute("aria-label", t("files.root"));
				go.addEventListener("click", () => this.#events.onGo(crumb.path));
				return h("li", {}, go);
			}),
		);
		this.#trail.scrollLeft = this.#trail.scrollWidth;
	}

	/** Turns into a field. */
	edit(text = pathText(this.#path)): void {
		this.element.classList.add("editing");
		this.#input.hidden = false;
		this.#input.value = text;
		this.#input.focus();
		if (text === pathText(this.#path)) this.#input.select();
	}

	/** Turns back into the row of folders; with keepFocus it stays in the bar. */
	#leave(keepFocus: boolean): void {
		if (this.#input.hidden) return;
		this.#looking?.abort();
		this.#folder = undefined;
		this.element.classList.remove("editing");
		this.#input.hidden = true;
		this.#offer([]);
		if (keepFocus) this.#edit.focus();
	}

	#key(event: KeyboardEvent): void {
		event.stopPropagation();
		const choices = [...this.#list.children] as HTMLElement[];
		if (event.key === "Escape") {
			if (choices.length > 0) this.#offer([]);
			else this.#leave(true);
		} else if (event.key === "Enter") {
			if (this.#chosen >= 0) this.#take(choices[this.#chosen]);
			const path = typedPath(this.#input.value, this.#path, this.#home);
			this.#leave(true);
			this.#events.onGo(path);
		} else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
			if (choices.length === 0) void this.#complete();
			else this.#choose((this.#chosen + (event.key === "ArrowDown" ? 1 : -1) + choices.length) % choices.length);
		} else if (event.key === "Tab" && !event.shiftKey && choices.length > 0) {
			this.#take(choices[Math.max(this.#chosen, 0)]);
			void this.#complete();
		} else return;
		event.preventDefault();
	}

	#take(choice: HTMLElement | undefined): void {
		const name = choice?.dataset.name;
		if (name === undefined) return;
		const { value } = this.#input;
		this.#input.value = `${value.slice(0, value.lastIndexOf("/") + 1)}${name}/`;
	}

	/** Offers the folders that begin with what was typed after the last slash. */
	async #complete(): Promise<void> {
		const { value } = this.#input;
		const cut = value.lastIndexOf("/") + 1;
		const begin = value.slice(cut).toLowerCase();
		const folder = pathText(typedPath(value.slice(0, cut) || ".", this.#path, this.#home));
		const names = await this.#foldersOf(folder).catch(() => []);
		if (this.#input.hidden || this.#input.value !== value) return;
		const fits = names.filter(
			(name) => name.toLowerCase().startsWith(begin) && (begin !== "" || !name.startsWith(".")),
		);
		this.#offer(fits.slice(0, mostChoices));
	}

	async #foldersOf(folder: string): Promise<readonly string[]> {
		if (this.#folder?.path === folder) return this.#folder.names;
		this.#looking?.abort();
		const looking = new AbortController();
		this.#looking = looking;
		const names: string[] = [];
		const sftp = this.#events.sftp();
		if (sftp === undefined) return names;
		let read = 0;
		for await (const entry of sftp.list(folder, { signal: looking.signal })) {
			// What no string spells cannot be typed.
			if ((entry.type === "directory" || entry.type === "symlink") && entry.raw === undefined) names.push(entry.name);
			if (++read >= mostRead) break;
		}
		this.#folder = { path: folder, names: names.sort() };
		return this.#folder.names;
	}

	#offer(names: readonly string[]): void {
		this.#chosen = -1;
		this.#input.removeAttribute("aria-activedescendant");
		this.#input.setAttribute("aria-expanded", String(names.length > 0));
		this.#list.hidden = names.length === 0;
		this.#list.replaceChildren(
			...names.map((name) => {
				const id = newId("choice");
				const option = h(
					"div",
					{ class: "choice", role: "option", id, "data-name": name, "aria-selected": "false" },
					showName(name),
				);
				// Before the field loses the focus.
				option.addEventListener("pointerdown", (event) => {
					event.preventDefault();
					this.#take(option);
					void this.#complete();
				});
				return option;
			}),
		);
	}

	#choose(at: number): void {
		this.#chosen = at;
		[...this.#list.children].forEach((option, i) => {
			option.setAttribute("aria-selected", String(i === at));
			if (i !== at) return;
			this.#input.setAttribute("aria-activedescendant", option.id);
			option.scrollIntoView({ block: "nearest" });
		});
	}
}

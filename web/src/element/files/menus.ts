/** What the menus of the panel offer. */
import copy from "lucide-static/icons/copy.svg";
import download from "lucide-static/icons/download.svg";
import eye from "lucide-static/icons/eye.svg";
import file from "lucide-static/icons/file-up.svg";
import archive from "lucide-static/icons/folder-archive.svg";
import folderDown from "lucide-static/icons/folder-down.svg";
import folderOpen from "lucide-static/icons/folder-open.svg";
import folderPlus from "lucide-static/icons/folder-plus.svg";
import folderUp from "lucide-static/icons/folder-up.svg";
import lock from "lucide-static/icons/lock.svg";
import panel from "lucide-static/icons/panel-bottom.svg";
import pencil from "lucide-static/icons/pencil.svg";
import shield from "lucide-static/icons/shield-check.svg";
import trash from "lucide-static/icons/trash-2.svg";
import type { Entry } from "../../client/filetypes.ts";
import { h } from "../dom.ts";
import { t } from "../words/words.ts";
import type { Actions } from "./actions.ts";
import { isFolder } from "./listing.ts";
import { treeOfFiles } from "./localtree.ts";
import type { MenuItem } from "./menu.ts";
import { canPickFolder } from "./picked.ts";

/** What the menu of entries depends on besides them. */
export interface MenuState {
	readonly session: boolean;
	readonly hidden: boolean;
	onHidden(): void;
	/** Whether checksums are compared. */
	readonly verify: boolean;
	onVerify(): void;
	/** Whether the panel stands below the terminal; undefined: that is not to be chosen. */
	readonly below: boolean | undefined;
	onSide(): void;
}

/** The menu of what is selected, or of the folder if nothing is. */
export function entryMenu(actions: Actions, chosen: readonly Entry[], state: MenuState): (MenuItem | undefined)[] {
	const folderItems: MenuItem[] = [
		{ label: t("menu.new-folder"), picture: folderPlus, disabled: !state.session, act: () => void actions.newFolder() },
		{ label: t("menu.hidden"), picture: eye, checked: state.hidden, act: state.onHidden },
		{ label: t("menu.verify"), picture: shield, checked: state.verify, act: state.onVerify },
	];
	if (state.below !== undefined)
		folderItems.push({ label: t("menu.below"), picture: panel, checked: state.below, act: state.onSide });
	if (chosen.length === 0 || !state.session)
		return [...folderItems, { label: t("menu.copy-folder"), picture: copy, act: () => void actions.copyPath([]) }];
	return [...entryItems(actions, chosen), undefined, ...folderItems];
}

function entryItems(actions: Actions, chosen: readonly Entry[]): (MenuItem | undefined)[] {
	const [only] = chosen;
	const single = chosen.length === 1 && only !== undefined ? only : undefined;
	const asZip = single === undefined || isFolder(single);
	const items: (MenuItem | undefined | false)[] = [
		single && {
			label: t(isFolder(single) ? "menu.open" : "menu.view"),
			picture: folderOpen,
			key: t("menu.key.enter"),
			act: () => void actions.open(single),
		},
		{
			label: t(asZip ? "menu.zip" : "files.download"),
			picture: asZip ? archive : download,
			act: () => void actions.download(chosen),
		},
		asZip &&
			canPickFolder() && {
				label: t("menu.mirror"),
				picture: folderDown,
				act: () => void actions.mirror(chosen),
			},
		{ label: t("menu.copy-path"), picture: copy, act: () => void actions.copyPath(chosen) },
		undefined,
		single && { label: t("menu.rename"), picture: pencil, key: "F2", act: () => void actions.rename(single) },
		{ label: t("menu.mode"), picture: lock, act: () => void actions.chmod(chosen) },
		{
			label: t("menu.delete"),
			picture: trash,
			key: t("menu.key.delete"),
			danger: true,
			act: () => void actions.remove(chosen),
		},
	];
	return items.filter((item) => item !== false);
}

/** The menu of the upload button. */
export function uploadMenu(actions: Actions): MenuItem[] {
	return [
		{ label: t("menu.files"), picture: file, act: () => choose(actions, false) },
		{ label: t("menu.folder"), picture: folderUp, act: () => choose(actions, true) },
	];
}

function choose(actions: Actions, folder: boolean): void {
	const input = h("input", { type: "file", multiple: true, webkitdirectory: folder });
	input.addEventListener("change", () => actions.upload(treeOfFiles(input.files ?? [])));
	input.click();
}

import type { HostKeyUpdate } from "../src/client/index.ts";
import { h } from "../src/element/dom.ts";
import { Modal } from "./modal.ts";

/** Asks whether further keys that a server has proved to hold shall be saved, and those that it no longer has forgotten. */
export async function confirmHostKeys(where: string, { added, gone }: HostKeyUpdate): Promise<boolean> {
	const save = h("button", { type: "button", class: "button primary" }, "Save them");
	const later = h("button", { type: "button", class: "button quiet" }, "Not now");
	const rows = (label: string, keys: readonly { type: string; fingerprint: string }[]) =>
		keys.flatMap(({ type, fingerprint }) => [h("dt", {}, label), h("dd", {}, `${type} `, h("code", {}, fingerprint))]);
	const modal = new Modal(
		"This server has further keys",
		h(
			"p",
			{},
			`${where} has proved to hold them, over a connection whose key is known. With them saved, a change of its keys raises no alarm later.`,
		),
		h("dl", { class: "facts-list" }, ...rows("New", added), ...rows("No longer there", gone)),
		h("div", { class: "actions" }, save, later),
	);
	save.addEventListener("click", () => modal.close("yes"));
	later.addEventListener("click", () => modal.close());
	later.focus();
	return (await modal.closed) === "yes";
}

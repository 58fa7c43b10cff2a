/** Who is signed in to the gateway, and the way out. */
import out from "lucide-static/icons/log-out.svg";
import { h, icon } from "../src/element/dom.ts";
import type { SignIn } from "./config.ts";
import { confirm, Modal } from "./modal.ts";

/** The name of the user and, where this gateway signed them in, a button to sign out. */
export function userPlate({ user, canLeave }: SignIn, busy: () => boolean): HTMLElement {
	const leave = h(
		"button",
		{
			type: "button",
			class: "icon-button",
			"aria-label": "Sign out",
			title: "Sign out",
			hidden: canLeave !== true,
			onclick: async () => {
				const text = "All sessions that were opened with this sign-in end, in other tabs too.";
				if (busy() && !(await confirm("Sign out of the gateway?", text, "Sign out"))) return;
				await fetch(new URL("sign-out", document.baseURI), {
					method: "POST",
					headers: { "Content-Type": "application/json" },
					body: "{}",
				});
				location.assign("sign-in");
			},
		},
		icon(out),
	);
	return h("div", { class: "user-plate" }, h("span", { title: `Signed in as ${user}` }, user), leave);
}

/** The sign-in is over: sessions that run go on, so it is renewed in a tab of its own. */
export function askToSignIn(): void {
	const modal = new Modal(
		"Sign in again",
		h("p", {}, "Your sign-in to the gateway is over. Sessions that run go on; for a new one, sign in again."),
	);
	const link = h("a", { class: "button primary", href: "sign-in", target: "_blank", rel: "noopener" }, "Sign in");
	link.addEventListener("click", () => modal.close());
	modal.element.append(h("div", { class: "actions" }, link));
	link.focus();
}

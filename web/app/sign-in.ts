/** The page at /sign-in: by password, at an OpenID provider, or with the link that the gateway has printed. */
import { h } from "../src/element/dom.ts";
import { readSignIn, type SignIn } from "./config.ts";

/** What the gateway says in `?problem=` after a visit at the provider. */
const problems: Readonly<Record<string, string>> = {
	provider: "The sign-in provider cannot be reached from the gateway. Try again in a moment.",
	state: "This sign-in took too long, or was begun in another browser. Try again.",
	declined: "The provider did not sign you in.",
	"no-email": "The provider does not tell your e-mail address, by which this gateway knows you.",
	unverified: "The provider has not verified your e-mail address. Verify it there, then try again.",
	"not-allowed": "The provider knows you, but you are not on this gateway's list. Ask its administrator.",
	limit: "Too many failed attempts from your address. Wait a minute.",
	failed: "Signing in failed. The gateway's log says why.",
};

const place = document.getElementById("sign-in") as HTMLElement;
const query = new URLSearchParams(location.search);
const notice = h("p", { class: "problem", role: "alert" });

/** Where the gateway's pages are: it may stand below a path of a name that others share. */
const base = new URL(".", location.href);

/** Where to go after signing in: a page of this gateway, with what a link had in its fragment. */
function next(): URL {
	const asked = new URL(`.${query.get("next") ?? "/"}`, base);
	const to = asked.href.startsWith(base.href) ? asked : new URL(base);
	if (!location.hash.startsWith("#link=")) to.hash = location.hash;
	return to;
}

/** Sends what proves who it is; undefined: it did, else a sentence. */
async function send(path: string, body: object): Promise<string | undefined> {
	try {
		const answer = await fetch(path, {
			method: "POST",
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify(body),
		});
		return answer.ok ? undefined : (await answer.text()).trim();
	} catch {
		return "The gateway cannot be reached.";
	}
}

function passwordForm(): HTMLFormElement {
	const user = h("input", {
		name: "user",
		autocomplete: "username",
		autocapitalize: "off",
		spellcheck: "false",
		required: true,
	});
	const password = h("input", {
		name: "password",
		type: "password",
		autocomplete: "current-password",
		required: true,
	});
	const go = h("button", { class: "button primary" }, "Sign in");
	const form = h("form", {}, h("label", {}, "User name", user), h("label", {}, "Password", password), go);
	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		go.disabled = true;
		notice.textContent = "";
		const wrong = await send("sign-in/password", { user: user.value, password: password.value });
		if (wrong === undefined) {
			location.replace(next());
			return;
		}
		go.disabled = false;
		notice.textContent = wrong;
		password.value = "";
		password.focus();
	});
	queueMicrotask(() => user.focus());
	return form;
}

function providerLink({ provider }: SignIn): HTMLElement {
	const href = `sign-in/oidc?next=${encodeURIComponent(`/${next().href.slice(base.href.length)}`)}`;
	return h("a", { class: "button soft", href }, `Sign in with ${provider ?? "your provider"}`);
}

/** Shows the ways that there are. */
function offer(signIn: SignIn): void {
	const password = signIn.ways.includes("password") ? passwordForm() : undefined;
	const provider = signIn.ways.includes("oidc") ? providerLink(signIn) : undefined;
	const both = password !== undefined && provider !== undefined;
	const otherwise = signIn.ways.includes("link")
		? "Open the link that the gateway printed when it was started. It is good for five minutes, once; SIGHUP prints another."
		: "This gateway is reached through a page that signs you in. Open it by the address that you were given.";
	place.replaceChildren(
		h("h2", {}, "Sign in"),
		notice,
		...(password ? [password] : []),
		...(both ? [h("div", { class: "or" }, "or")] : []),
		...(provider ? [provider] : []),
		...(password || provider ? [] : [h("p", {}, otherwise)]),
	);
}

async function start(): Promise<void> {
	const link = /^#link=([A-Z2-7]+)$/.exec(location.hash)?.[1];
	// Neither history nor a copied address is to have it.
	if (link !== undefined) history.replaceState(null, "", location.pathname + location.search);
	const wrong = link === undefined ? undefined : await send("sign-in/link", { token: link });
	const signIn = await readSignIn();
	// Links of other pages come without our cookie, and so here first: whoever is signed in goes on.
	if (signIn === undefined || signIn.user !== undefined) {
		location.replace(next());
		return;
	}
	offer(signIn);
	notice.textContent = wrong ?? problems[query.get("problem") ?? ""] ?? "";
}

void start();

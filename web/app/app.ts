/** The application page: everything starts here. */
import { readDemo, readSignIn } from "./config.ts";
import { targetOfLink } from "./link.ts";
import { openVault } from "./vault.ts";
import { Workspace } from "./workspace.ts";

async function start(): Promise<void> {
	const root = document.getElementById("app");
	if (root === null) throw new Error("the page has no place for the application");
	const vault = openVault();
	const workspace = new Workspace(root, vault);
	workspace.home.greet(targetOfLink(location.href));
	vault.watch(() => void workspace.reload());
	warmUp();
	const signIn = await readSignIn();
	if (signIn?.user !== undefined) void workspace.welcome(signIn);
	const demo = await readDemo();
	if (demo !== undefined) workspace.home.offer(demo);
	else workspace.home.offerBoard();
}

/** Fetches what the first session needs while the person still types. */
function warmUp(): void {
	const idle = window.requestIdleCallback ?? ((work: () => void) => setTimeout(work, 200));
	idle(() => {
		void import("../src/element/index.ts");
		void import("../src/client/index.ts").then(({ preload }) => preload()).catch(() => {});
	});
}

void start();

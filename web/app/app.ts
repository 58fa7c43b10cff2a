/** The application page: everything starts here. */
import { readDemo } from "./config.ts";
import { targetOfLink } from "./link.ts";
import { openVault } from "./vault.ts";
import { Workspace } from "./workspace.ts";

async function start(): Promise<void> {
	const root = document.getElementById("app");
	if (root === null) throw new Error("the page has no place for the application");
	const vault = await openVault();
	const workspace = new Workspace(root, vault, await vault.settings.read());
	const link = targetOfLink(location.href);
	if (link !== undefined) workspace.home.fill(link);
	// On a phone the focus would raise the keyboard over half of what there is to see.
	if (window.matchMedia("(pointer: fine)").matches) workspace.home.focus();
	vault.watch(() => void workspace.reload());
	void workspace.refresh();
	const demo = await readDemo();
	if (demo !== undefined) workspace.home.offer(demo);
	warmUp();
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

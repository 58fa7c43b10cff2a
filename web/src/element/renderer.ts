import type { WebglAddon } from "@xterm/addon-webgl";
import type { Terminal } from "@xterm/xterm";

/** What is to draw a terminal: "auto" is WebGL where a graphics card does it. */
export type RendererChoice = "auto" | "webgl" | "dom";

/** How many terminals of a page hold a WebGL context. Browsers take the oldest away when there are more than 16. */
const most = 8;

/** How often a terminal that lost its context asks for another. */
const patience = 3;

/** Those that hold a context, the one shown last at the end. */
const holders: Renderer[] = [];

/**
 * Draws a terminal by WebGL while it may and can, else as xterm.js does by
 * itself, by elements of the document. A context that is lost costs a frame,
 * not the terminal: the document takes over, and WebGL is tried again when the
 * terminal is next shown.
 */
export class Renderer implements Disposable {
	readonly #terminal: Terminal;
	readonly #within: (work: () => void) => void;
	readonly #onChange: () => void;
	#choice: RendererChoice;
	#addon: WebglAddon | undefined;
	#canvases: readonly HTMLCanvasElement[] = [];
	#losses = 0;
	#gone = false;

	/** `within` runs what makes elements of style; `onChange` tells that cells have another size now. */
	constructor(terminal: Terminal, choice: RendererChoice, within: (work: () => void) => void, onChange: () => void) {
		this.#terminal = terminal;
		this.#choice = choice;
		this.#within = within;
		this.#onChange = onChange;
		terminal.element?.addEventListener("webglcontextlost", this.#onLost, { capture: true });
	}

	/** Which one draws. */
	get name(): "webgl" | "dom" {
		return this.#addon === undefined ? "dom" : "webgl";
	}

	/** Changes what is to draw. */
	choose(choice: RendererChoice): void {
		if (choice === this.#choice) return;
		this.#choice = choice;
		this.#losses = 0;
		if (this.#wanted) void this.show();
		else this.rest();
	}

	/** The terminal can be seen. */
	async show(): Promise<void> {
		if (this.#addon !== undefined) touch(this);
		if (this.#addon !== undefined || !this.#wanted) return;
		try {
			const { WebglAddon } = await import("@xterm/addon-webgl");
			if (this.#addon === undefined && this.#wanted) this.#take(new WebglAddon());
		} catch {
			// No WebGL2 here, or its chunk did not load.
			this.#losses = patience;
			this.rest();
		}
	}

	/** Gives its context up: the document draws until the terminal is shown again. */
	rest(): void {
		const addon = this.#addon;
		const canvases = this.#canvases;
		this.#addon = undefined;
		this.#canvases = [];
		forget(this);
		if (addon === undefined || this.#gone) return;
		try {
			this.#within(() => addon.dispose());
		} catch {
			// It never came to life.
		}
		// Else they would count until they are collected.
		for (const canvas of canvases) canvas.getContext("webgl2")?.getExtension("WEBGL_lose_context")?.loseContext();
		this.#onChange();
	}

	/** Before the terminal itself, which disposes of what draws it. */
	[Symbol.dispose](): void {
		this.#gone = true;
		this.#terminal.element?.removeEventListener("webglcontextlost", this.#onLost, { capture: true });
		forget(this);
	}

	get #wanted(): boolean {
		if (this.#gone || this.#losses >= patience) return false;
		return this.#choice === "webgl" || (this.#choice === "auto" && accelerated());
	}

	#take(addon: WebglAddon): void {
		this.#addon = addon;
		this.#within(() => this.#terminal.loadAddon(addon));
		this.#canvases = [...(this.#terminal.element?.querySelectorAll("canvas") ?? [])];
		touch(this);
		this.#onChange();
	}

	/** At once: xterm.js would show nothing for three seconds and hope. */
	readonly #onLost = (): void => {
		this.#losses++;
		this.rest();
	};
}

/** A renderer holds a context, and is shown now; the one that was shown longest ago may have to give up its own. */
function touch(renderer: Renderer): void {
	forget(renderer);
	holders.push(renderer);
	if (holders.length > most) holders[0]?.rest();
}

function forget(renderer: Renderer): void {
	const at = holders.indexOf(renderer);
	if (at >= 0) holders.splice(at, 1);
}

let hasCard: boolean | undefined;

/** Whether a graphics card does WebGL here. In software it is slower than the document. */
function accelerated(): boolean {
	hasCard ??= findCard();
	return hasCard;
}

function findCard(): boolean {
	const context = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
	if (context === null) return false;
	// Some browsers see no caveat in their own software.
	const names = context.getExtension("WEBGL_debug_renderer_info");
	const name = String(context.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER));
	context.getExtension("WEBGL_lose_context")?.loseContext();
	return !/swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
}

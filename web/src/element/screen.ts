import { FitAddon } from "@xterm/addon-fit";
import { UnicodeGraphemesAddon } from "@xterm/addon-unicode-graphemes";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { type IDisposable, type ITheme, Terminal } from "@xterm/xterm";
import xtermStyles from "@xterm/xterm/css/xterm.css";
import { adoptStyles } from "./adoptstyles.ts";
import { remoteCopy } from "./clipboard.ts";
import { sheet } from "./dom.ts";
import { openLink, safeLink } from "./links.ts";
import { RateLimit } from "./rate.ts";
import { Renderer, type RendererChoice } from "./renderer.ts";
import { limitReplies } from "./replies.ts";
import { cleanTitle } from "./untrusted.ts";

/** How a screen looks. */
export interface Look {
	readonly theme: ITheme;
	readonly fontFamily: string;
	readonly fontSize: number;
	readonly scrollback: number;
	readonly readonly: boolean;
	/** No blinking and no gliding, for `prefers-reduced-motion`. */
	readonly still: boolean;
	readonly renderer: RendererChoice;
}

/** What a screen reports. */
export interface ScreenEvents {
	/** Bytes for the remote program: what was typed, and the terminal's own replies. */
	onInput(bytes: Uint8Array): void;
	onResize(cols: number, rows: number): void;
	onTitle(title: string): void;
	onBell(): void;
	/** A link is under the mouse, with the address that it really has; undefined: no more. */
	onLink(url: string | undefined): void;
	/** A program wants this on the clipboard. */
	onRemoteCopy(text: string): void;
}

/** With more lines than this to wrap anew, another width costs more than a frame: it waits until the box rests. */
const manyLines = 5000;
const restMs = 100;

const xtermSheet = sheet(xtermStyles);

/**
 * xterm.js within a shadow root, with what of it and its add-ons a terminal
 * session needs, and hostile output kept within its bounds.
 */
export class Screen implements Disposable {
	readonly terminal: Terminal;
	readonly #root: ShadowRoot;
	readonly #events: ScreenEvents;
	readonly #box: HTMLElement;
	readonly #fit = new FitAddon();
	readonly #owned: IDisposable[] = [];
	readonly #observer: ResizeObserver;
	readonly #renderer: Renderer;
	#frame = 0;
	#resting: ReturnType<typeof setTimeout> | undefined;
	#gone = false;

	/** Opens a terminal in box, which lies in root. */
	constructor(root: ShadowRoot, box: HTMLElement, look: Look, events: ScreenEvents) {
		this.#root = root;
		this.#box = box;
		this.#events = events;
		if (!root.adoptedStyleSheets.includes(xtermSheet)) root.adoptedStyleSheets.push(xtermSheet);
		this.terminal = new Terminal({ ...optionsOf(look), allowProposedApi: true, linkHandler: this.#linkHandler() });
		this.terminal.loadAddon(this.#fit);
		adoptStyles(root, () => this.terminal.open(box));
		this.terminal.loadAddon(new UnicodeGraphemesAddon());
		this.#loadLinks();
		this.#listen();
		const within = (work: () => void): void => adoptStyles(root, work);
		this.#renderer = new Renderer(this.terminal, look.renderer, within, () => this.fitSoon());
		// Told at first, too, and when it is shown or hidden.
		this.#observer = new ResizeObserver(() => this.#resized());
		this.#observer.observe(box);
		this.fit();
	}

	/** Applies a changed look. */
	restyle(look: Look): void {
		adoptStyles(this.#root, () => {
			this.terminal.options = optionsOf(look);
		});
		this.#renderer.choose(look.renderer);
		this.fitSoon();
	}

	/** The screen and what is above it, with the sequences that draw it again. */
	async serialize(): Promise<string> {
		const { SerializeAddon } = await import("@xterm/addon-serialize");
		const addon = new SerializeAddon();
		this.terminal.loadAddon(addon);
		try {
			return addon.serialize();
		} finally {
			addon.dispose();
		}
	}

	/** Fits rows and columns to the box, at most once a frame. */
	fitSoon(): void {
		this.#frame ||= requestAnimationFrame(() => {
			this.#frame = 0;
			this.fit();
		});
	}

	/** Fits rows and columns to the box now; a hidden box changes nothing. */
	fit(): void {
		if (this.#gone || this.#box.clientWidth === 0) return;
		const size = this.#fit.proposeDimensions();
		if (size === undefined || !(size.cols > 1) || !(size.rows > 0)) return;
		if (size.cols === this.terminal.cols && size.rows === this.terminal.rows) return;
		this.terminal.resize(size.cols, size.rows);
	}

	/** Writes lines of text that were made harmless. */
	print(text: string): void {
		this.terminal.write(`${text.trimEnd().replace(/\n/g, "\r\n")}\r\n`);
	}

	/** A program begins: it finds a cursor. */
	enter(): void {
		this.terminal.write("\x1b[?25h");
	}

	/** A program is gone: what it switched on (mouse reports, the other screen, keypad modes) must not outlive it. */
	leave(): void {
		const alternate = this.terminal.buffer.active.type === "alternate";
		this.terminal.write(
			`${alternate ? "\x1b[?1049l" : ""}\x1b[?1;9;1000;1002;1003;1004;1006;2004;2026l\x1b>\x1b[4l\x1b7\x1b[r\x1b8\x1b[0m\r\n\x1b[?25l`,
		);
	}

	/** Which renderer draws. */
	get renderer(): "webgl" | "dom" {
		return this.#renderer.name;
	}

	[Symbol.dispose](): void {
		this.#gone = true;
		cancelAnimationFrame(this.#frame);
		clearTimeout(this.#resting);
		this.#observer.disconnect();
		for (const each of this.#owned) each.dispose();
		this.#renderer[Symbol.dispose]();
		adoptStyles(this.#root, () => this.terminal.dispose());
		this.#box.replaceChildren();
	}

	#listen(): void {
		const { terminal } = this;
		const encoder = new TextEncoder();
		const titles = new RateLimit(4, 1000);
		const bells = new RateLimit(1, 5000);
		this.#owned.push(
			terminal.onData((text) => this.#events.onInput(encoder.encode(text))),
			terminal.onBinary((text) => this.#events.onInput(Uint8Array.from(text, (sign) => sign.charCodeAt(0)))),
			terminal.onResize(({ cols, rows }) => this.#events.onResize(cols, rows)),
			terminal.onTitleChange((title) => titles.pass(performance.now()) && this.#events.onTitle(cleanTitle(title))),
			terminal.onBell(() => bells.pass(performance.now()) && this.#events.onBell()),
			terminal.parser.registerOscHandler(52, (data) => {
				const text = remoteCopy(data);
				if (text !== undefined) this.#events.onRemoteCopy(text);
				return true;
			}),
			...limitReplies(terminal.parser, 64),
		);
	}

	#loadLinks(): void {
		const hover = {
			hover: (_: MouseEvent, text: string) => this.#events.onLink(safeLink(text)),
			leave: () => this.#events.onLink(undefined),
		};
		this.terminal.loadAddon(new WebLinksAddon(follow, hover));
	}

	/** For links that a program made with OSC 8, whose text may say anything. */
	#linkHandler() {
		return {
			allowNonHttpProtocols: false,
			activate: follow,
			hover: (_: MouseEvent, text: string) => this.#events.onLink(safeLink(text)),
			leave: () => this.#events.onLink(undefined),
		};
	}

	#resized(): void {
		if (this.#box.clientWidth > 0) void this.#renderer.show();
		clearTimeout(this.#resting);
		if (this.terminal.buffer.normal.length < manyLines) this.fitSoon();
		else this.#resting = setTimeout(() => this.fitSoon(), restMs);
	}
}

function follow(event: MouseEvent, text: string): void {
	if (event.ctrlKey || event.metaKey) openLink(text);
}

function optionsOf(look: Look) {
	return {
		theme: look.theme,
		fontFamily: look.fontFamily,
		fontSize: look.fontSize,
		lineHeight: 1.15,
		scrollback: look.scrollback,
		disableStdin: look.readonly,
		minimumContrastRatio: 4.5,
		cursorBlink: !look.still,
		smoothScrollDuration: 0,
		scrollOnUserInput: true,
		rightClickSelectsWord: false,
		drawBoldTextInBrightColors: false,
	};
}

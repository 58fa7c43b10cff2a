import { expect, type Page } from "@playwright/test";

interface Cell {
	readonly chars: string;
	readonly width: number;
}

/** The part of xterm.js that tests look into. */
interface XTerm {
	readonly cols: number;
	readonly rows: number;
	readonly modes: { readonly bracketedPasteMode: boolean };
	readonly buffer: {
		readonly active: {
			readonly type: string;
			readonly length: number;
			readonly baseY: number;
			getLine(y: number): Line | undefined;
		};
	};
}

interface Line {
	readonly isWrapped: boolean;
	readonly length: number;
	translateToString(trim: boolean): string;
	getCell(x: number): { getChars(): string; getWidth(): number } | undefined;
}

/** What a page's terminal shows and takes: that of the tab in front, if there are several. */
export class Terminal {
	readonly page: Page;

	constructor(page: Page) {
		this.page = page;
	}

	/** All text, scrollback included, with lines that were wrapped joined again. */
	text(): Promise<string> {
		return this.#look(({ buffer: { active } }) => {
			let text = "";
			for (let y = 0; y < active.length; y++) {
				const line = active.getLine(y);
				const next = active.getLine(y + 1);
				if (line) text += line.translateToString(!next?.isWrapped) + (next?.isWrapped ? "" : "\n");
			}
			return text.trimEnd();
		});
	}

	/** The rows in sight, as they stand. */
	screen(): Promise<string> {
		return this.#look(({ rows, buffer: { active } }) =>
			Array.from({ length: rows }, (_, y) => active.getLine(active.baseY + y)?.translateToString(true) ?? "").join(
				"\n",
			),
		);
	}

	size(): Promise<{ cols: number; rows: number }> {
		return this.#look(({ cols, rows }) => ({ cols, rows }));
	}

	/** "alternate" while a full-screen program runs. */
	buffer(): Promise<string> {
		return this.#look(({ buffer }) => buffer.active.type);
	}

	/** The cells of the last line that begins with a text, those that a wide one covers included. */
	cells(start: string): Promise<Cell[]> {
		return this.#look(({ buffer: { active } }, start) => {
			for (let y = active.length - 1; y >= 0; y--) {
				const line = active.getLine(y);
				if (!line?.translateToString(true).startsWith(start)) continue;
				const cells = Array.from({ length: line.length }, (_, x) => {
					const cell = line.getCell(x);
					return { chars: cell?.getChars() ?? "", width: cell?.getWidth() ?? 0 };
				});
				const end = cells.findLastIndex(({ chars }) => chars !== "");
				return cells.slice(0, end + 1);
			}
			return [];
		}, start);
	}

	/** Types a line as a person would, Enter at its end. */
	async run(line: string): Promise<void> {
		await this.page.keyboard.type(line);
		await this.page.keyboard.press("Enter");
	}

	/** Puts text on the way of a paste key; needs no permission. */
	async paste(text: string): Promise<void> {
		await this.page.evaluate((text) => {
			let focused = document.activeElement;
			while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
			const data = new DataTransfer();
			data.setData("text/plain", text);
			const event = new ClipboardEvent("paste", {
				clipboardData: data,
				bubbles: true,
				composed: true,
				cancelable: true,
			});
			focused?.dispatchEvent(event);
		}, text);
	}

	/** Waits until a program runs to which a paste is the same as typing. */
	async takesPastesAsTyped(): Promise<void> {
		await expect.poll(() => this.#look(({ modes }) => modes.bracketedPasteMode)).toBe(false);
	}

	/** Waits until the text matches. */
	async shows(pattern: RegExp | string, timeout = 15_000): Promise<void> {
		const expected = expect.poll(() => this.text().catch(() => ""), { timeout });
		await (typeof pattern === "string" ? expected.toContain(pattern) : expected.toMatch(pattern));
	}

	async #look<T, A = undefined>(work: (terminal: XTerm, arg: A) => T, arg?: A): Promise<T> {
		const terminal = await this.page.evaluateHandle(() => {
			const all = [...document.querySelectorAll<HTMLElement & { terminal?: XTerm }>("ssh-terminal")];
			const found = all.find((element) => element.checkVisibility())?.terminal;
			if (found === undefined) throw new Error("no terminal in sight");
			return found;
		});
		try {
			return (await terminal.evaluate(work as (terminal: XTerm, arg: unknown) => T, arg)) as T;
		} finally {
			await terminal.dispose();
		}
	}
}

/** Keys that were typed while there was no connection. Pure work on bytes. */

/** Most bytes that are kept. */
export const pendingLimit = 4 * 1024;

/** What was typed and is to be sent later. */
export class PendingKeys {
	readonly #parts: Uint8Array[] = [];
	#size = 0;

	/** Keeps bytes; false if there is no room for them, and then it keeps none. */
	add(bytes: Uint8Array): boolean {
		if (this.#size + bytes.byteLength > pendingLimit) return false;
		this.#parts.push(bytes);
		this.#size += bytes.byteLength;
		return true;
	}

	get size(): number {
		return this.#size;
	}

	/** All of it, in order, and forgets it. */
	take(): Uint8Array {
		const all = this.#all();
		this.#parts.length = 0;
		this.#size = 0;
		return all;
	}

	/** What was typed, for people. */
	toString(): string {
		return describeKeys(this.#all());
	}

	#all(): Uint8Array {
		const all = new Uint8Array(this.#size);
		let at = 0;
		for (const part of this.#parts) {
			all.set(part, at);
			at += part.byteLength;
		}
		return all;
	}
}

const arrows: Readonly<Record<string, string>> = { A: "↑", B: "↓", C: "→", D: "←", H: "Home", F: "End" };

/** Keys as a keyboard has them: Enter as ⏎, Ctrl+C as ^C, an arrow as an arrow. */
export function describeKeys(bytes: Uint8Array): string {
	const text = new TextDecoder().decode(bytes);
	return (
		text
			// biome-ignore lint/suspicious/noControlCharactersInRegex: keys are what is looked for
			.replace(/\x1b[O[]([A-DHF])/g, (_, key: string) => arrows[key] ?? "")
			// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
			.replace(/[\x00-\x1f\x7f]/g, describeControl)
	);
}

function describeControl(sign: string): string {
	switch (sign) {
		case "\r":
			return "⏎";
		case "\t":
			return "⇥";
		case "\x7f":
			return "⌫";
		case "\x1b":
			return "Esc ";
		default:
			return `^${String.fromCharCode(sign.charCodeAt(0) + 64)}`;
	}
}

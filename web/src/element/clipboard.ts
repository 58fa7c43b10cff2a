/** The clipboard: what a person copies, and what a program may put there (OSC 52). */

/** Most text that a program may put on the clipboard. */
export const remoteLimit = 100 * 1024;

/**
 * The text that an OSC 52 sequence wants on the clipboard; undefined if it is
 * a question (which is never answered), too long, or broken.
 */
export function remoteCopy(data: string): string | undefined {
	const semicolon = data.indexOf(";");
	const payload = data.slice(semicolon + 1);
	if (semicolon < 0 || payload === "?" || payload.length > Math.ceil(remoteLimit / 3) * 4) return undefined;
	try {
		const bytes = Uint8Array.from(atob(payload), (sign) => sign.charCodeAt(0));
		return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch {
		return undefined;
	}
}

/** Copies text; without the clipboard's interface (plain http) by the old command. Tells whether it worked. */
export async function copyText(text: string): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		return copyByCommand(text);
	}
}

function copyByCommand(text: string): boolean {
	const fill = (event: ClipboardEvent): void => {
		event.clipboardData?.setData("text/plain", text);
		event.preventDefault();
		event.stopImmediatePropagation();
	};
	document.addEventListener("copy", fill, { capture: true });
	try {
		return document.execCommand("copy");
	} finally {
		document.removeEventListener("copy", fill, { capture: true });
	}
}

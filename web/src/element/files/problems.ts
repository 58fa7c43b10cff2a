/** Failures of work with files in plain words: the file, the cause, what to do. Pure text work. */
import { SFTPError, SSHError } from "../../client/errors.ts";
import { showable } from "../untrusted.ts";

/** The sentences for one failure. `what` says what was tried, or names the file. */
export function describeFailure(error: unknown, what: string): string {
	if (error instanceof SSHError) {
		const words = [sentence(showable(error.message, 500)), sentence(showable(error.hint, 500))]
			.filter(Boolean)
			.join(" ");
		// The core's own sentences name the file.
		return error instanceof SFTPError && error.path !== "" ? words : `${what}: ${words}`;
	}
	if (error instanceof DOMException) return `${what}: ${localProblem(error)}`;
	if (error instanceof Error) return `${what}: ${sentence(showable(error.message, 500))}`;
	return `${what}: ${sentence(showable(String(error), 500))}`;
}

/** What the browser's own errors mean for files of this computer. */
function localProblem(error: DOMException): string {
	switch (error.name) {
		case "QuotaExceededError":
			return "There is no more room on this computer for this page. Free some and try again.";
		case "NotFoundError":
			return "The file here is gone: it was moved or deleted since it was chosen. Choose it again.";
		case "NotReadableError":
			return "The file here cannot be read: it has changed since it was chosen, or another program has it. Choose it again.";
		case "NotAllowedError":
		case "SecurityError":
			return "The browser did not allow it. Start it again with a click, and allow it when the browser asks.";
		case "InvalidStateError":
		case "NoModificationAllowedError":
			return "The file here is in use or write-protected. Close what uses it, or choose another place.";
		default:
			return sentence(showable(error.message, 500));
	}
}

function sentence(text: string): string {
	if (text === "") return "";
	const begun = text[0]?.toUpperCase() + text.slice(1);
	return /[.!?)”"]$/.test(begun) ? begun : `${begun}.`;
}

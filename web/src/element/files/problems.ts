/** Failures of work with files in plain words: the file, the cause, what to do. Pure text work. */
import { SFTPError, SSHError } from "../../client/errors.ts";
import { showable } from "../untrusted.ts";
import { t } from "../words/words.ts";

/** The sentences for one failure. `what` says what was tried, or names the file. */
export function describeFailure(error: unknown, what: string): string {
	if (error instanceof SSHError) {
		const words = [sentence(showable(error.message, 500)), sentence(showable(error.hint, 500))]
			.filter(Boolean)
			.join(" ");
		// The core's own sentences name the file.
		return error instanceof SFTPError && error.path !== "" ? words : t("files.with-cause", { what, why: words });
	}
	if (error instanceof DOMException) return t("files.with-cause", { what, why: localProblem(error) });
	const why = error instanceof Error ? error.message : String(error);
	return t("files.with-cause", { what, why: sentence(showable(why, 500)) });
}

/** What the browser's own errors mean for files of this computer. */
function localProblem(error: DOMException): string {
	switch (error.name) {
		case "QuotaExceededError":
			return t("local.full");
		case "NotFoundError":
			return t("local.gone");
		case "NotReadableError":
			return t("local.unreadable");
		case "NotAllowedError":
		case "SecurityError":
			return t("local.refused");
		case "InvalidStateError":
		case "NoModificationAllowedError":
			return t("local.in-use");
		default:
			return sentence(showable(error.message, 500));
	}
}

function sentence(text: string): string {
	if (text === "") return "";
	const begun = text[0]?.toUpperCase() + text.slice(1);
	return /[.!?)”"]$/.test(begun) ? begun : `${begun}.`;
}

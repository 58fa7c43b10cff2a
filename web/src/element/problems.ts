/** Failures in plain words: what happened, why it may be, what to do. Pure text work. */
import { AuthError, HostKeyError, SSHError } from "../client/errors.ts";
import { showable } from "./untrusted.ts";
import { failureWord, t } from "./words/words.ts";

/** A failure as the error card shows it. */
export interface Problem {
	/** What happened. */
	readonly title: string;
	/** What else is known about it; "" if nothing is. */
	readonly cause: string;
	/** What to do next; "" if nothing is known. */
	readonly todo: string;
	/** Whether the title says already that a connection was lost. */
	readonly tellsLoss: boolean;
	/** For programs and for a search: `code` or `code/reason`. */
	readonly code: string;
	/** For whoever helps. Holds no secret. */
	readonly details: string;
}

/** What a failure was about. */
export interface Where {
	/** `user@host:port`. */
	readonly target: string;
	/** What the tried keys are called. */
	readonly keys: readonly string[];
}

const longest = 1000;

/** Puts a failure into words. The core tells most of them; here is what only the page knows. */
export function describeProblem(error: unknown, where: Where): Problem {
	const failure = failureOf(error);
	const code = failure.reason === "" ? failure.code : `${failure.code}/${failure.reason}`;
	const words = wordsFor(failure, where);
	const lines = [
		`code: ${code}`,
		`target: ${where.target}`,
		`message: ${failure.message}`,
		...(failure.hint === "" ? [] : [`hint: ${failure.hint}`]),
	];
	return {
		...words,
		...wordsOfPage(code, where),
		tellsLoss: failure.message.includes("lost"),
		code,
		details: showable(lines.join("\n"), 2 * longest),
	};
}

/** What the page says in place of the core: its own sentences, or those of its language. */
function wordsOfPage(code: string, { target }: Where): Partial<Problem> {
	const title = failureWord(`error.${code}`, target);
	return title === undefined ? {} : { title, todo: failureWord(`hint.${code}`, target) ?? "" };
}

/** Whether a person declined, so that there is nothing to explain. */
export function wasCancelled(error: unknown): boolean {
	if (error instanceof DOMException) return error.name === "AbortError";
	return error instanceof SSHError && error.reason === "cancelled";
}

function wordsFor(error: SSHError, where: Where): Pick<Problem, "title" | "cause" | "todo"> {
	const title = showable(error.message, longest);
	const todo = showable(error.hint, longest);
	if (wasCancelled(error)) return { title: t("problem.cancelled"), cause: t("problem.you-cancelled"), todo: "" };
	if (error instanceof HostKeyError) return { title, cause: shownKey(error), todo };
	if (error instanceof AuthError) return { title, cause: triedKeys(error, where), todo };
	if (error.code === "internal" && todo === "")
		return {
			title: t("problem.broke"),
			cause: title,
			todo: t("problem.broke.todo"),
		};
	return { title, cause: "", todo };
}

/** Of every key but an unknown one, the title says already that nothing was sent. */
function shownKey({ reason, offered, expected }: HostKeyError): string {
	const shown = t("problem.shown-key", { fingerprint: offered.fingerprint });
	if (reason === "unknown") return `${t("problem.nothing-sent")} ${shown}`;
	if (expected.length === 0) return shown;
	return `${shown} ${t("problem.expected-key", { fingerprint: expected.join(", ") })}`;
}

function triedKeys(error: AuthError, { keys }: Where): string {
	if (!error.tried.includes("publickey") || keys.length === 0) return "";
	return t("problem.tried-keys", { keys: keys.map((key) => showable(key, 80)).join(", ") });
}

function failureOf(error: unknown): SSHError {
	if (error instanceof SSHError) return error;
	if (wasCancelled(error)) return new SSHError("aborted", "Cancelled.", { reason: "cancelled" });
	return new SSHError("internal", error instanceof Error ? error.message : String(error));
}

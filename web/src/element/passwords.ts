import { AuthError, SSHError } from "../client/errors.ts";
import type { Ask, Lazy } from "../client/index.ts";
import { t } from "./words/words.ts";

/** The methods that a password can go by. */
export type PasswordWay = "password" | "keyboard-interactive";

/** A password that the person let us keep, and the method that took it. */
export interface KeptPassword {
	readonly password: string;
	readonly way: PasswordWay;
}

/** How often a person is asked for a password that another method asked for before. */
const mostTries = 3;

/**
 * The passwords of one login. A server may ask for the same password by two
 * methods: they share what is at hand, and they share the count of attempts.
 */
export class Passwords {
	readonly #given: Lazy<string> | undefined;
	readonly #asked = new Map<number, number>();
	readonly #kept: KeptPassword | undefined;
	#givenUsed = false;

	/** kept comes from a login before, given from the page. */
	constructor(kept: KeptPassword | undefined, given: Lazy<string> | undefined) {
		this.#kept = kept;
		this.#given = given;
	}

	/** Whether the method "password" goes first: what is at hand is worth nothing to a method with questions of its own. */
	get passwordFirst(): boolean {
		return this.#kept === undefined ? this.#given !== undefined : this.#kept.way === "password";
	}

	/** Counts a question: the same one, with its number among all methods. Throws when there were enough. */
	count(ask: Ask, way: PasswordWay): Ask {
		const before = this.#asked.get(ask.step) ?? 0;
		// By itself it never comes this far: the core stops at three.
		if (way === "password" && before >= mostTries) throw refusal(ask.username);
		this.#asked.set(ask.step, before + 1);
		return { ...ask, attempt: before + 1 };
	}

	/** What is at hand for a question; undefined: somebody must be asked. */
	ready(ask: Ask): string | Promise<string> | undefined {
		if (ask.attempt > 1) return undefined;
		if (this.#kept !== undefined) return this.#kept.password;
		if (this.#given === undefined || this.#givenUsed) return undefined;
		this.#givenUsed = true;
		return typeof this.#given === "function" ? this.#given(ask) : this.#given;
	}
}

function refusal(username: string): AuthError {
	return new AuthError(
		t("problem.refused-password", { user: JSON.stringify(username) }),
		["keyboard-interactive"],
		["password", "keyboard-interactive"],
		{ reason: "denied", hint: t("problem.refused-password.todo") },
	);
}

/** The reason for which a question ended a login, in place of the cancellation that the core sees in it. */
export function reasonOf(error: unknown): unknown {
	return error instanceof SSHError && error.cause instanceof AuthError ? error.cause : error;
}

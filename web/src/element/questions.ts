import type {
	Agent,
	Ask,
	Auth,
	Challenge,
	Decision,
	Hop,
	HostKey,
	HostKeyError,
	HostKeyPolicy,
	PasswordChange,
} from "../client/index.ts";
import { PromptEvent } from "./events.ts";
import { cancelled, type Layer } from "./layer.ts";
import { lendingAgent } from "./lending.ts";
import type { Identity, JumpHost, KnownHostsBook, TerminalOptions } from "./options.ts";
import { type KeptPassword, Passwords, type PasswordWay } from "./passwords.ts";
import { changedKeyCard, type KeyHistory, newHostKeyCard, replaceKeyCard } from "./prompts/hostkey.ts";
import { keyUseCard } from "./prompts/keyuse.ts";
import { newPasswordCard } from "./prompts/newpassword.ts";
import { challengeCard, type PasswordAnswer, passphraseCard, passwordCard } from "./prompts/secrets.ts";
import { asksPassword } from "./prompts/wording.ts";

/**
 * Puts the questions of a login: first to the page, as events, then to the
 * person, as cards. What the person let it keep it holds in memory alone, for
 * a reconnect, and drops when {@link Questions.forget} is called.
 */
export class Questions {
	readonly #target: EventTarget;
	readonly #layer: Layer;
	readonly #passphrases = new Map<string, string>();
	readonly #trusted = new Set<string>();
	/** By who logs in where. */
	readonly #kept = new Map<string, KeptPassword>();

	/** Events are dispatched at target; cards are shown in layer. */
	constructor(target: EventTarget, layer: Layer) {
		this.#target = target;
		this.#layer = layer;
	}

	/** Drops every remembered answer. */
	forget(): void {
		this.#passphrases.clear();
		this.#trusted.clear();
		this.#kept.clear();
	}

	/**
	 * The ways to log in that options name, or else the built-in ones, in
	 * OpenSSH's order; a password at hand goes before the server's questions.
	 */
	auth(options: TerminalOptions, who: Pick<Ask, "host" | "username">): Auth[] {
		if (options.auth !== undefined) return [...options.auth];
		const keys = (options.keys ?? []).map(
			(identity): Auth => ({ type: "publickey", ...identity, passphrase: (ask) => this.#passphrase(ask) }),
		);
		const login = new Passwords(this.#kept.get(nameOf(who)), options.password);
		const password: Auth = {
			type: "password",
			password: (ask) => this.#askPassword(ask, login),
			change: (wanted) => this.#newPassword(wanted),
		};
		const challenge: Auth = {
			type: "keyboard-interactive",
			answer: (challenge) => this.#challenge(challenge, login),
		};
		return login.passwordFirst ? [...keys, password, challenge] : [...keys, challenge, password];
	}

	/** An agent to lend to the server: each use is asked about. */
	lend(keys: readonly Identity[]): Agent {
		return lendingAgent(
			this.#target,
			// Cancelled by the person, or because the connection has ended: either way, no.
			(use, heard) =>
				this.#layer
					.ask<true>((answering) => {
						// Questions wait for their turn; by then it may be settled.
						if (!heard()) throw cancelled();
						return keyUseCard(use, answering);
					}, use.signal)
					.catch(() => false),
			keys,
		);
	}

	/** A host on the way: the same keys, and questions of its own. What options say of the server itself is not for it. */
	hop(hop: JumpHost, { keys, knownHosts, systemKnownHosts }: TerminalOptions, signal: AbortSignal): Hop {
		const own: TerminalOptions = {
			...(keys && { keys }),
			...(knownHosts && { knownHosts }),
			...(systemKnownHosts && { systemKnownHosts }),
		};
		return { ...hop, auth: this.auth(own, hop), hostKey: this.hostKey(own, undefined, signal) };
	}

	/** The policy that options name, or else: what is known is accepted, what is new is asked. */
	hostKey(options: TerminalOptions, pin: string | undefined, signal: AbortSignal): HostKeyPolicy {
		if (options.hostKey !== undefined) return options.hostKey;
		if (pin !== undefined) return { pin };
		const { promisedFingerprint: promised } = options;
		return {
			...(promised !== undefined && { pin: promised }),
			knownHosts: options.knownHosts ?? "",
			systemKnownHosts: options.systemKnownHosts ?? [],
			onUnknown: (key) => this.#newHostKey(key, options, signal),
		};
	}

	/**
	 * Raises the alarm about a changed key. True: the saved key was replaced,
	 * by way of the second step; false: the person closed it.
	 */
	async changedKey(error: HostKeyError, book: KnownHostsBook | undefined): Promise<boolean> {
		const history = await historyOf(error, book);
		const canReplace =
			book?.replace !== undefined && error.reason === "changed" && !error.known.some((key) => key.system);
		try {
			await this.#layer.ask<"replace">((answering) => changedKeyCard(error, history, canReplace, answering));
			await this.#layer.ask<true>((answering) => replaceKeyCard(error.offered, answering));
		} catch {
			return false;
		}
		await book?.replace?.(
			error.known.map((key) => key.line),
			error.offered.line,
		);
		return true;
	}

	#askPassword(ask: Ask, login: Passwords): Promise<string> {
		return this.#password(login.count(ask, "password"), "password", login);
	}

	async #password(ask: Ask, way: PasswordWay, login: Passwords, words?: Challenge): Promise<string> {
		if (ask.attempt > 1) this.#kept.delete(nameOf(ask));
		const answer = login.ready(ask) ?? PromptEvent.ask<Ask, string>(this.#target, "ssh-password", ask);
		if (answer !== undefined) return answer;
		const { password, keep } = await this.#layer.ask<PasswordAnswer>(
			(answering) => passwordCard(ask, answering, words),
			ask.signal,
		);
		if (keep) this.#kept.set(nameOf(ask), { password, way });
		return password;
	}

	async #newPassword(wanted: PasswordChange): Promise<string> {
		const answer =
			PromptEvent.ask<PasswordChange, string>(this.#target, "ssh-new-password", wanted) ??
			this.#layer.ask<string>((answering) => newPasswordCard(wanted, answering), wanted.signal);
		const password = await answer;
		// What was kept for a reconnect is the old one.
		const kept = this.#kept.get(nameOf(wanted));
		if (kept !== undefined) this.#kept.set(nameOf(wanted), { ...kept, password });
		return password;
	}

	async #passphrase(ask: Ask): Promise<string> {
		const name = ask.keyName ?? "";
		const kept = this.#passphrases.get(name);
		if (ask.attempt === 1 && kept !== undefined) return kept;
		const answer =
			PromptEvent.ask<Ask, string>(this.#target, "ssh-passphrase", ask) ??
			this.#layer.ask<string>((answering) => passphraseCard(ask, answering), ask.signal);
		const passphrase = await answer;
		this.#passphrases.set(name, passphrase);
		return passphrase;
	}

	async #challenge(challenge: Challenge, login: Passwords): Promise<readonly string[]> {
		// A round without questions only informs; without words either, there is nothing to show (RFC 4256 section 3.2).
		if (challenge.prompts.length === 0 && challenge.instruction.trim() === "") return [];
		const answer = PromptEvent.ask<Challenge, readonly string[]>(this.#target, "ssh-challenge", challenge);
		if (answer !== undefined) return answer;
		if (asksPassword(challenge)) {
			const { signal, host, username, attempt, step } = challenge;
			const ask = login.count({ signal, host, username, attempt, step }, "keyboard-interactive");
			return [await this.#password(ask, "keyboard-interactive", login, challenge)];
		}
		return this.#layer.ask<readonly string[]>((answering) => challengeCard(challenge, answering), challenge.signal);
	}

	async #newHostKey(key: HostKey, options: TerminalOptions, signal: AbortSignal): Promise<Decision> {
		const id = `${key.host} ${key.port} ${key.fingerprint}`;
		if (this.#trusted.has(id)) return "once";
		const canSave = options.knownHosts !== undefined;
		const answer =
			PromptEvent.ask<HostKey, Decision>(this.#target, "ssh-hostkey", key) ??
			this.#layer.ask<Decision>((answering) => newHostKeyCard(key, canSave, answering), signal);
		const decision = await answer;
		if (decision === "reject") throw cancelled();
		this.#trusted.add(id);
		return decision;
	}
}

function nameOf({ host, username }: Pick<Ask, "host" | "username">): string {
	return `${username}@${host}`;
}

async function historyOf(error: HostKeyError, book: KnownHostsBook | undefined): Promise<Map<string, KeyHistory>> {
	const history = new Map<string, KeyHistory>();
	for (const { line } of error.known) {
		const found = await book?.about?.(line).catch(() => undefined);
		if (found !== undefined) history.set(line, found);
	}
	return history;
}

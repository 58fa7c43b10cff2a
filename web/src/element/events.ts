import type {
	Ask,
	Challenge,
	Decision,
	Exit,
	HostKey,
	HostKeyUpdate,
	KeyUse,
	PasswordChange,
	SSHClient,
} from "../client/index.ts";
import type { TerminalState } from "./state.ts";

/**
 * A question that the page may answer in its own way: `respondWith` takes the
 * answer or a promise of it. If nobody responds while the event is
 * dispatched, the element's own dialog asks.
 */
export class PromptEvent<Question, Answer> extends Event {
	/** What is asked. Text from the server in it is untrusted. */
	readonly question: Question;
	#answer: Promise<Answer> | undefined;

	constructor(type: string, question: Question) {
		super(type, { bubbles: true, composed: true, cancelable: true });
		this.question = question;
	}

	/** Answers instead of the built-in dialog. Must be called while the event is dispatched, once. */
	respondWith(answer: Answer | PromiseLike<Answer>): void {
		if (this.eventPhase === Event.NONE)
			throw new DOMException("respondWith must be called while the event is dispatched", "InvalidStateError");
		if (this.#answer !== undefined) throw new DOMException("this question is answered already", "InvalidStateError");
		this.#answer = Promise.resolve(answer);
		this.preventDefault();
		this.stopImmediatePropagation();
	}

	/** Dispatches the question at a target; undefined: nobody responds. */
	static ask<Q, A>(target: EventTarget, type: string, question: Q): Promise<A> | undefined {
		const event = new PromptEvent<Q, A>(type, question);
		target.dispatchEvent(event);
		return event.#answer;
	}
}

/** A ticket is wanted: there is none yet, or the last one was used, and each serves once. */
export interface TicketAsk {
	/** Whether one was used before. */
	readonly again: boolean;
}

/** The questions of a terminal, by the type of their event. */
export interface PromptEventMap {
	"ssh-ticket": PromptEvent<TicketAsk, string>;
	"ssh-hostkey": PromptEvent<HostKey, Decision>;
	"ssh-password": PromptEvent<Ask, string>;
	/** The password has expired: the server wants a new one first. */
	"ssh-new-password": PromptEvent<PasswordChange, string>;
	"ssh-passphrase": PromptEvent<Ask, string>;
	"ssh-challenge": PromptEvent<Challenge, readonly string[]>;
	/** A program on the server wants to use a key that was lent. */
	"ssh-key-use": PromptEvent<KeyUse, boolean>;
}

/** The news of a terminal, by the type of their event. All bubble. */
export interface TerminalEventMap {
	"ssh-state": CustomEvent<{ readonly state: TerminalState; readonly text: string; readonly busy: boolean }>;
	/** The shell runs. */
	"ssh-ready": CustomEvent<{ readonly client: SSHClient }>;
	"ssh-exit": CustomEvent<Exit>;
	/** `code` is `code` or `code/reason` of docs/errors.md; `message` and `hint` are for people. */
	"ssh-error": CustomEvent<{
		readonly code: string;
		readonly message: string;
		readonly hint: string;
		readonly error: unknown;
	}>;
	/** The server has told of further keys. */
	"ssh-hostkeys": CustomEvent<HostKeyUpdate>;
	"ssh-title": CustomEvent<{ readonly title: string }>;
	"ssh-bell": CustomEvent<Record<string, never>>;
	/** The person changed it with a key. */
	"ssh-font-size": CustomEvent<{ readonly size: number }>;
	/** The person allows old algorithms for this host; with `offerLegacy`. */
	"ssh-legacy": CustomEvent<Record<string, never>>;
	/** The person is done with it. */
	"ssh-close": CustomEvent<Record<string, never>>;
	/** A transfer of the files has ended. */
	"ssh-transfer": CustomEvent<{ readonly kind: string; readonly name: string; readonly state: string }>;
}

/** News of a terminal: bubbles out of shadow roots, carries its facts as `detail`. */
export function news<T>(type: string, detail: T): CustomEvent<T> {
	return new CustomEvent(type, { bubbles: true, composed: true, detail });
}

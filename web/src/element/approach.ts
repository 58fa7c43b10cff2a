import { type ConnectOptions, SSHError } from "../client/index.ts";
import { type Target, targetOf } from "./attributes.ts";
import { PromptEvent, type TicketAsk } from "./events.ts";
import type { TerminalOptions } from "./options.ts";
import type { Questions } from "./questions.ts";
import type { Size } from "./session.ts";
import { t } from "./words/words.ts";

/** What an element is told of the way that it takes. */
export interface ApproachEvents {
	/** The page was asked where to, and may have given a ticket. */
	onChoice(target: Target, ticket: string | undefined): void;
}

/**
 * An element's way to its server: what its attributes, the page's options and
 * a person's answers ask of one connect. It knows which ticket was used.
 */
export class Approach {
	readonly #element: HTMLElement;
	readonly #events: ApproachEvents;
	#usedTicket: string | undefined;

	constructor(element: HTMLElement, events: ApproachEvents) {
		this.#element = element;
		this.#events = events;
	}

	/** The options are those of the call: what the page sets meanwhile, as frameworks do, is for the next one. */
	async connectOptions(options: TerminalOptions, questions: Questions, signal: AbortSignal): Promise<ConnectOptions> {
		const pin = this.#element.getAttribute("fingerprint") ?? undefined;
		const target = await this.#target(targetOf(this.#element, options), options);
		const { keepAliveMs, algorithms, hostKeyAlias, jump = [], onTrace } = options;
		return {
			...target,
			...(typeof options.relay === "function" && { relay: options.relay() }),
			auth: questions.auth(options, target),
			hostKey: questions.hostKey(options, pin, signal),
			jump: jump.map((hop) => questions.hop(hop, options, signal)),
			...(keepAliveMs !== undefined && { keepAliveMs }),
			...(algorithms !== undefined && { algorithms }),
			...(hostKeyAlias !== undefined && { hostKeyAlias }),
			...(onTrace !== undefined && { onTrace }),
		};
	}

	/** Where to, with a ticket that was not used before if one can be had. */
	async #target(known: Target, options: TerminalOptions): Promise<Target> {
		const again = known.ticket !== undefined && known.ticket === this.#usedTicket;
		let target = known;
		if (again || (known.ticket === undefined && known.host === "")) {
			const ticket = await PromptEvent.ask<TicketAsk, string>(this.#element, "ssh-ticket", { again });
			if (ticket !== undefined) target = targetOf(this.#element, { ...options, ticket });
			this.#events.onChoice(target, ticket);
		}
		this.#usedTicket = target.ticket;
		checkLock(this.#element, target);
		return target;
	}
}

/** Holds a target to the attributes of an element whose host is locked. */
function checkLock(element: HTMLElement, { host, port }: Target): void {
	if (!element.hasAttribute("locked-host")) return;
	const locked = targetOf(element, {}, undefined);
	if (host === locked.host && port === locked.port) return;
	const hint = t("problem.locked-host.todo");
	throw new SSHError("dial", t("problem.locked-host", { host: locked.host }), { reason: "locked", hint });
}

/** The shell that a session is to open on a terminal of this size. */
export function shellOf(
	options: TerminalOptions,
	{ cols, rows }: Pick<Size, "cols" | "rows">,
	questions: Questions,
): Size {
	const { term = "xterm-256color", env = { LANG: "C.UTF-8" }, lendKeys = [], command = "" } = options;
	const agent = lendKeys.length > 0 ? questions.lend(lendKeys) : undefined;
	return { cols, rows, term, env, agent, command };
}

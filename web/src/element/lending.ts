import { type Agent, type HeldKey, KeyAgent, type KeyUse } from "../client/index.ts";
import { PromptEvent } from "./events.ts";
import type { Identity } from "./options.ts";

/** How often in a row a person refuses before a server is not heard any more: it could ask for ever. */
const mostRefusals = 3;

/** Asks a person about a use; it must be refused unasked once `heard` says no. */
type AskPerson = (use: KeyUse, heard: () => boolean) => Promise<boolean>;

/**
 * An agent with the keys that a server's programs may use, for one session.
 * Each use is a question: to the page first, as the event ssh-key-use, then to
 * the person.
 */
export function lendingAgent(target: EventTarget, person: AskPerson, keys: readonly Identity[]): Agent {
	let refusals = 0;
	const heard = (): boolean => refusals < mostRefusals;
	const confirm = async (use: KeyUse): Promise<boolean> => {
		if (!heard()) return false;
		const answer = PromptEvent.ask<KeyUse, boolean>(target, "ssh-key-use", use) ?? person(use, heard);
		const allowed = await answer.catch(() => false);
		refusals = allowed ? 0 : refusals + 1;
		return allowed;
	};
	const agent = new KeyAgent({ confirm });
	let filled: Promise<unknown> | undefined;
	const full = async (): Promise<KeyAgent> => {
		filled ??= Promise.all(keys.filter(isLendable).map((identity) => hold(agent, identity)));
		await filled;
		return agent;
	};
	return {
		list: async () => (await full()).list(),
		sign: async (request) => (await full()).sign(request),
	};
}

function hold(agent: KeyAgent, { key, name, certificate }: Identity & { readonly key: HeldKey }): Promise<void> {
	return agent.add(key, { comment: name, ...(certificate !== undefined && { certificate }) });
}

/**
 * The text of a key would have to be unlocked first, and what a passkey signs
 * names this page: neither is lent.
 */
function isLendable(identity: Identity): identity is Identity & { readonly key: HeldKey } {
	const { key } = identity;
	return typeof key === "object" && !(key instanceof Uint8Array) && !("kind" in key);
}

import { type Agent, type HeldKey, KeyAgent, type KeyUse } from "../client/index.ts";
import { PromptEvent } from "./events.ts";
import type { Layer } from "./layer.ts";
import type { Identity } from "./options.ts";
import { keyUseCard } from "./prompts/keyuse.ts";

/**
 * An agent with the keys that a server's programs may use. Each use is a
 * question: to the page first, as the event ssh-key-use, then to the person.
 */
export function lendingAgent(target: EventTarget, layer: Layer, keys: readonly Identity[]): Agent {
	const agent = new KeyAgent({ confirm: (use) => mayUse(target, layer, use) });
	let filled: Promise<unknown> | undefined;
	const full = async (): Promise<KeyAgent> => {
		filled ??= Promise.all(
			keys
				.filter(isLendable)
				.map(({ key, name, certificate }) =>
					agent.add(key, { comment: name, ...(certificate !== undefined && { certificate }) }),
				),
		);
		await filled;
		return agent;
	};
	return {
		list: async () => (await full()).list(),
		sign: async (request) => (await full()).sign(request),
	};
}

async function mayUse(target: EventTarget, layer: Layer, use: KeyUse): Promise<boolean> {
	const answer = PromptEvent.ask<KeyUse, boolean>(target, "ssh-key-use", use);
	if (answer !== undefined) return answer;
	// Cancelled by the person, or because the connection has ended: either way, no.
	return layer.ask<true>((answering) => keyUseCard(use, answering), use.signal).catch(() => false);
}

/**
 * The text of a key would have to be unlocked first, and what a passkey signs
 * names this page: neither is lent.
 */
function isLendable(identity: Identity): identity is Identity & { readonly key: HeldKey } {
	const { key } = identity;
	return typeof key === "object" && !(key instanceof Uint8Array) && !("kind" in key);
}

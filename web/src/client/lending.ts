/** The agents of one connection, and answers to what its core asks of them. */
import { type Agent, agentOf, type HeldKey } from "./agent.ts";
import type { ConnectOptions, Hop } from "./types.ts";
import type { AgentAsk, AgentKeys, AgentSign, Signature } from "./wire.ts";

/** How the core names the agent that is lent to the server. */
const lentIndex = -1;

/** Knows which agent answers for which way to log in, and which one the server may use. */
export class Lending {
	readonly #options: ConnectOptions;
	/** By hop and index. */
	readonly #agents = new Map<string, Promise<Agent> | Agent>();

	constructor(options: ConnectOptions) {
		this.#options = options;
	}

	/** Lets a server use an agent, in place of the one before. */
	lend(agent: Agent, hop: number): void {
		this.#agents.set(`${hop} ${lentIndex}`, agent);
	}

	async list({ hop, index }: AgentAsk): Promise<AgentKeys> {
		const keys = await (await this.#agent(hop, index)).list();
		return {
			keys: keys.map(({ publicKey, comment, algorithms }) => ({ public: publicKey, comment, algorithms })),
		};
	}

	async sign({ hop, index, public: publicKey, data, algorithm }: AgentSign, signal: AbortSignal): Promise<Signature> {
		const { host, username } = this.#hop(hop);
		const agent = await this.#agent(hop, index);
		const forwarded = index === lentIndex;
		const made = await agent.sign({ publicKey, data, algorithm, forwarded, host, username, signal });
		return { format: made.format, blob: made.blob, rest: made.rest ?? new Uint8Array() };
	}

	#hop(hop: number): Hop {
		return this.#options.jump?.[hop - 1] ?? this.#options;
	}

	#agent(hop: number, index: number): Promise<Agent> | Agent {
		const known = this.#agents.get(`${hop} ${index}`);
		if (known !== undefined) return known;
		const way = this.#hop(hop).auth[index];
		if (way?.type === "agent") return way.agent;
		if (way?.type !== "publickey" || isText(way.key)) throw new TypeError(`auth[${index}] holds no key`);
		const agent = agentOf(way.key, {
			comment: way.name ?? `key ${index + 1}`,
			...(way.certificate !== undefined && { certificate: way.certificate }),
		});
		this.#agents.set(`${hop} ${index}`, agent);
		return agent;
	}
}

/** Whether a key is the text of a file, and not one that the browser holds. */
export function isText(key: string | Uint8Array | HeldKey): key is string | Uint8Array {
	return typeof key === "string" || key instanceof Uint8Array;
}

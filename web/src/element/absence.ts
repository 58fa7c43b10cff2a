import { SSHError } from "../client/errors.ts";
import type { LinkState, SSHClient } from "../client/index.ts";
import type { Layer } from "./layer.ts";
import { PendingKeys } from "./pending.ts";
import type { Problem } from "./problems.ts";
import { AwayBar, sendKeysCard } from "./prompts/away.ts";
import { t } from "./words/words.ts";

/** What an absence needs of its terminal. */
export interface AbsenceEvents {
	/** It begins, or is over. */
	onAway(away: boolean): void;
	/** Sends what was typed meanwhile. */
	send(bytes: Uint8Array): void;
	/** The person gives the session up. */
	giveUp(): void;
	/** A short note for the person. */
	toast(text: string): void;
}

/** A loss that is mended at once is not worth a word. */
const unnoticedMs = 500;

/** Keys typed longer ago than that may not be wanted any more. */
const askAfterMs = 60_000;

/** How long a session must have run. */
const steadyMs = 5000;

/** An end so soon after a return was the server's, while nobody could hear it. */
const meanwhileMs = 5000;

/**
 * The time in which a session has no connection and may get it back: it tells
 * how that goes, and keeps what is typed.
 */
export class Absence implements Disposable {
	readonly #where: string;
	readonly #layer: Layer;
	readonly #client: SSHClient;
	readonly #events: AbsenceEvents;
	readonly #keys = new PendingKeys();
	readonly #over = new AbortController();
	readonly #began = performance.now();
	#bar: AwayBar | undefined;
	#notice: ReturnType<typeof setTimeout> | undefined;
	#link: LinkState | undefined;
	#asking = false;
	#backAt = Number.NEGATIVE_INFINITY;

	constructor(where: string, layer: Layer, client: SSHClient, events: AbsenceEvents) {
		this.#where = where;
		this.#layer = layer;
		this.#client = client;
		this.#events = events;
		const { signal } = this.#over;
		client.addEventListener("link", this.#onLink);
		const seen = (): void => {
			if (document.visibilityState === "visible") void client.wake();
		};
		document.addEventListener("visibilitychange", seen, { signal });
		window.addEventListener("pageshow", seen, { signal });
	}

	/** Whether what is typed is kept for later. */
	get away(): boolean {
		return this.#bar !== undefined || this.#asking;
	}

	/** Keeps keys; they are shown as waiting. */
	type(bytes: Uint8Array): void {
		if (this.#keys.add(bytes)) this.#bar?.pending(this.#keys.toString());
		else this.#events.toast(t("away.full"));
	}

	/** Says of an end that it came while nobody could hear it. */
	explain(error: unknown, problem: Problem): Problem {
		const soon = performance.now() - this.#backAt < meanwhileMs;
		if (!soon || !(error instanceof SSHError) || error.code !== "closed") return problem;
		return { ...problem, title: t("problem.ended-away"), todo: t("problem.ended-away.todo") };
	}

	/** Whether to log in again unasked: the network took a session that had run for a while. Else that could go round in a circle. */
	mayLogIn(error: unknown): boolean {
		const steady = performance.now() - this.#began > steadyMs;
		return steady && error instanceof SSHError && error.code === "relay" && error.reason !== "given-up";
	}

	[Symbol.dispose](): void {
		this.#over.abort();
		this.#client.removeEventListener("link", this.#onLink as EventListener);
		this.#hide();
	}

	readonly #onLink = ({ detail }: CustomEvent<LinkState>): void => {
		this.#link = detail;
		if (detail.up) void this.#return(detail);
		else if (this.#bar !== undefined) this.#bar.draw(detail);
		else this.#notice ??= setTimeout(() => this.#show(), unnoticedMs);
	};

	#show(): void {
		const link = this.#link;
		if (link === undefined || link.up || this.#over.signal.aborted) return;
		this.#bar = new AwayBar(this.#where, {
			now: () => void this.#client.wake(),
			giveUp: () => this.#events.giveUp(),
			discard: () => {
				this.#keys.take();
				this.#bar?.pending("");
			},
		});
		this.#bar.draw(link);
		this.#bar.pending(this.#keys.toString());
		this.#layer.show(this.#bar);
		this.#events.onAway(true);
	}

	#hide(): void {
		clearTimeout(this.#notice);
		this.#notice = undefined;
		if (this.#bar === undefined) return;
		this.#bar[Symbol.dispose]();
		this.#layer.clear(this.#bar);
		this.#bar = undefined;
	}

	async #return({ awayMs }: LinkState): Promise<void> {
		const shown = this.#bar !== undefined;
		this.#backAt = performance.now();
		this.#hide();
		if (shown) this.#events.onAway(false);
		if (this.#keys.size > 0 && awayMs > askAfterMs && !(await this.#agrees(awayMs))) this.#keys.take();
		if (this.#over.signal.aborted || this.#bar !== undefined) return;
		if (this.#keys.size > 0) this.#events.send(this.#keys.take());
	}

	/** Asks whether what was typed long ago is still to be sent. */
	async #agrees(awayMs: number): Promise<boolean> {
		if (this.#asking) return true;
		this.#asking = true;
		try {
			return await this.#layer.ask<boolean>(
				(answering) => sendKeysCard(this.#keys.toString(), awayMs, answering),
				this.#over.signal,
			);
		} catch {
			return false;
		} finally {
			this.#asking = false;
		}
	}
}

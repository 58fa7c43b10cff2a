import type { GoAwayNotice, LinkState, SSHClient } from "../client/index.ts";
import type { Card, Layer } from "./layer.ts";
import { leavingBar } from "./notices.ts";

/** Tells that the gateway of a session is about to stop, until the person has read it. */
export class Leaving implements Disposable {
	readonly #layer: Layer;
	readonly #client: SSHClient;
	readonly #onRead: () => void;
	#bar: Card | undefined;

	constructor(layer: Layer, client: SSHClient, onRead: () => void) {
		this.#layer = layer;
		this.#client = client;
		this.#onRead = onRead;
		client.addEventListener("goaway", this.#onGoAway);
		client.addEventListener("link", this.#onLink);
	}

	[Symbol.dispose](): void {
		this.#client.removeEventListener("goaway", this.#onGoAway as EventListener);
		this.#client.removeEventListener("link", this.#onLink as EventListener);
		this.#dismiss();
	}

	readonly #onGoAway = ({ detail }: CustomEvent<GoAwayNotice>): void => {
		this.#bar = leavingBar(detail.afterMs, () => {
			this.#dismiss();
			this.#onRead();
		});
		this.#layer.show(this.#bar);
	};

	/** An absence has its own bar in the place of this one. */
	readonly #onLink = ({ detail }: CustomEvent<LinkState>): void => {
		if (detail.up && this.#bar !== undefined) this.#layer.show(this.#bar);
	};

	#dismiss(): void {
		if (this.#bar !== undefined) this.#layer.clear(this.#bar);
		this.#bar = undefined;
	}
}

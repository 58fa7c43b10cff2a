/** Downloads through the service worker: the browser saves what is streamed to it. */

import type { OpenDownload, ToBrowser, ToPage } from "../../client/downloads.ts";
import type { Sink } from "../../client/filetypes.ts";
import { placeOf } from "../../client/places.ts";
import { trusted } from "../../client/trusted.ts";
import { h } from "../dom.ts";
import { cancelled } from "../layer.ts";
import { t } from "../words/words.ts";
import type { Landing, Stretch } from "./landing.ts";

/** So long the service worker has to start, and to be asked by the browser. */
const startMs = 10_000;
/** So often it is told that the page is there. */
const pingMs = 10_000;
/** So many unanswered pings in a row mean that the browser has ended it. */
const mostSilent = 4;

/** A download that cannot go on: what the browser has saved of it does not fit what is to come. */
export class BrokenDownloadError extends Error {
	override readonly name = "BrokenDownloadError";
}

/** A download of the browser itself, which gets the bytes as they come. */
export class StreamedLanding implements Landing {
	readonly name: string;
	readonly #line: Line;
	#whole = false;

	private constructor(name: string, line: Line) {
		this.name = name;
		this.#line = line;
	}

	/** Undefined where the browser has no service worker for it, or none that answers. */
	static async open(name: string, size: number | undefined): Promise<StreamedLanding | undefined> {
		const line = await Line.open(name, size).catch(() => undefined);
		return line && new StreamedLanding(name, line);
	}

	get signal(): AbortSignal {
		return this.#line.signal;
	}

	async kept(): Promise<number | undefined> {
		return this.#line.ask({ say: "break" });
	}

	/** Hands on the port that the next bytes come over. What the browser has of before, nobody can take back. */
	async sink({ offset }: Stretch): Promise<Sink> {
		if (offset !== (await this.#line.ask({ say: "break" }))) {
			await this.discard();
			throw new BrokenDownloadError(t("download.changed"));
		}
		const { port1, port2 } = new MessageChannel();
		this.#line.send({ say: "stream", stream: port1 }, [port1]);
		return port2;
	}

	async finish(): Promise<void> {
		if (!(await this.#line.stretch())) throw new BrokenDownloadError(t("download.broken-off"));
		this.#whole = true;
		await this.#line.ask({ say: "end" });
		this.#line.close();
	}

	async fail(): Promise<void> {
		if (this.#whole || this.#line.signal.aborted) return;
		await this.#line.ask({ say: "fail" }).catch(() => {});
		this.#line.close();
	}

	discard(): Promise<void> {
		return this.fail();
	}
}

/** The line to the service worker for one download. */
class Line {
	readonly #worker: ServiceWorker;
	readonly #port: MessagePort;
	readonly #frame: HTMLIFrameElement;
	readonly #timer: ReturnType<typeof setInterval>;
	readonly #waiting: { say: ToPage["say"]; resolve(message: ToPage): void; reject(error: unknown): void }[] = [];
	#stretch: boolean | undefined;
	#silent = 0;
	readonly #over = new AbortController();

	private constructor(worker: ServiceWorker, port: MessagePort, frame: HTMLIFrameElement) {
		this.#worker = worker;
		this.#port = port;
		this.#frame = frame;
		port.onmessage = ({ data }: MessageEvent<ToPage>) => this.#told(data);
		this.#timer = setInterval(() => this.#ping(), pingMs);
		window.addEventListener("pagehide", this.#leave);
	}

	/** Aborts when the line is closed, with the reason. */
	get signal(): AbortSignal {
		return this.#over.signal;
	}

	/** Starts the service worker if need be, and the download. */
	static async open(name: string, size: number | undefined): Promise<Line | undefined> {
		// It may be about to unregister just then: the second time it is a new one.
		for (let attempt = 0; attempt < 2; attempt++) {
			const worker = await activeWorker();
			if (worker === undefined) return undefined;
			const { port1, port2 } = new MessageChannel();
			const id = crypto.randomUUID();
			const line = new Line(worker, port1, h("iframe", { hidden: true, title: t("transfers.frame") }));
			worker.postMessage({ id, name, size } satisfies OpenDownload, [port2]);
			if (await line.#start(new URL(id, placeOf("downloads"))).catch(() => false)) return line;
			line.close();
		}
		return undefined;
	}

	send(message: ToBrowser, transfer: Transferable[] = []): void {
		this.signal.throwIfAborted();
		if (message.say === "stream") this.#stretch = undefined;
		this.#port.postMessage(message, transfer);
	}

	/** Says something, and gives back how many bytes the browser has. */
	async ask(message: ToBrowser): Promise<number> {
		const answer = this.#next("bytes");
		this.send(message);
		const told = await answer;
		return "bytes" in told ? told.bytes : 0;
	}

	/** Whether the present stream came to its end. */
	async stretch(): Promise<boolean> {
		if (this.#stretch === undefined) await this.#next("stretch");
		return this.#stretch === true;
	}

	close(error: unknown = new BrokenDownloadError(t("download.over"))): void {
		if (this.signal.aborted) return;
		this.#over.abort(error);
		clearInterval(this.#timer);
		window.removeEventListener("pagehide", this.#leave);
		this.#port.close();
		// The browser has taken the download over from the frame when it began.
		this.#frame.remove();
		for (const { reject } of this.#waiting.splice(0)) reject(error);
	}

	/** Has the browser ask for the download, in a frame: the page itself stays where it is. */
	async #start(url: URL): Promise<boolean> {
		const late = setTimeout(() => this.close(), startMs);
		try {
			await this.#next("ready");
			this.#frame.src = url.href;
			const started = this.#next("started");
			document.body.append(this.#frame);
			await started;
			return true;
		} finally {
			clearTimeout(late);
		}
	}

	#next(say: ToPage["say"]): Promise<ToPage> {
		if (this.signal.aborted) return Promise.reject(this.signal.reason);
		return new Promise((resolve, reject) => this.#waiting.push({ say, resolve, reject }));
	}

	#told(message: ToPage): void {
		this.#silent = 0;
		if (message.say === "cancelled") {
			this.close(cancelled());
			return;
		}
		if (message.say === "stretch") this.#stretch = message.whole;
		const at = this.#waiting.findIndex(({ say }) => say === message.say);
		if (at >= 0) this.#waiting.splice(at, 1)[0]?.resolve(message);
	}

	/** Without the page nothing more will come. */
	readonly #leave = (): void => {
		this.#port.postMessage({ say: "fail" } satisfies ToBrowser);
	};

	#ping(): void {
		if (++this.#silent > mostSilent) {
			this.close(new BrokenDownloadError(t("download.broken-off.todo")));
			return;
		}
		// A message to the worker itself is what keeps a browser from ending it.
		this.#worker.postMessage("ping");
		this.#port.postMessage({ say: "ping" } satisfies ToBrowser);
	}
}

/** The service worker, running; undefined where there can be none: plain http, some private windows, foreign pages. */
async function activeWorker(): Promise<ServiceWorker | undefined> {
	const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
	if (container === undefined) return undefined;
	const registration = await container.register(trusted(placeOf("downloads")), { updateViaCache: "none" });
	const worker = registration.active ?? registration.waiting ?? registration.installing;
	if (worker === null) return undefined;
	return (await activated(worker)) ? worker : undefined;
}

function activated(worker: ServiceWorker): Promise<boolean> {
	return new Promise((resolve) => {
		const late = setTimeout(() => resolve(false), startMs);
		const look = (): void => {
			if (worker.state !== "activated" && worker.state !== "redundant") return;
			clearTimeout(late);
			worker.removeEventListener("statechange", look);
			resolve(worker.state === "activated");
		};
		worker.addEventListener("statechange", look);
		look();
	});
}

/** Lets a service worker that a page left behind see that it has nothing to do. */
export async function sweepWorker(): Promise<void> {
	const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
	(await container?.getRegistration(new URL("./", placeOf("downloads"))))?.active?.postMessage("ping");
}

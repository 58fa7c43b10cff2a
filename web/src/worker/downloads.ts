/**
 * The service worker of downloads, for browsers without a save dialog that a
 * page may write through. Its scope is its own folder, and there it answers
 * what a page has opened with it, once: the response is what comes over a
 * port. It fetches nothing, caches nothing, and unregisters itself when it has
 * had nothing to do for a while.
 */
import type { OpenDownload, ToBrowser, ToPage } from "../client/downloads.ts";
import { BytePort } from "../client/port.ts";

const scope = globalThis as unknown as ServiceWorkerGlobalScope;
const downloads = new Map<string, Download>();

/** So long it stays when it has nothing to do. */
const idleMs = 15_000;
/** A page that was silent so long is gone. Hidden ones are let speak once a minute. */
const silenceMs = 180_000;
/** How much may wait for the browser's disk. */
const window = 1024 * 1024;

scope.onmessage = (event) => {
	const open = event.data as OpenDownload | "ping";
	const [control] = event.ports;
	if (open !== "ping" && control !== undefined) downloads.set(open.id, new Download(open, control));
	event.waitUntil(idle());
};

scope.onfetch = (event) => {
	const id = new URL(event.request.url).pathname.split("/").at(-1) ?? "";
	const download = downloads.get(id);
	event.respondWith(download?.answer() ?? new Response("There is nothing to download here.\n", { status: 404 }));
	if (download !== undefined) event.waitUntil(download.over);
};

/** Ends what no page drives any more, and unregisters when nothing is left. */
async function idle(): Promise<void> {
	await new Promise((resolve) => setTimeout(resolve, idleMs));
	for (const download of downloads.values()) download.watch();
	if (downloads.size === 0) await scope.registration.unregister();
}

/** One download of the browser. */
class Download {
	/** Resolves when it has ended, one way or another. */
	readonly over: Promise<void>;
	readonly #open: OpenDownload;
	readonly #control: MessagePort;
	#end = () => {};
	#answered = false;
	#body: ReadableStreamDefaultController<Uint8Array> | undefined;
	#port: BytePort | undefined;
	/** Bytes given to the browser. */
	#bytes = 0;
	/** What of the present port is paid for. */
	#owing = 0;
	#heard = Date.now();

	constructor(open: OpenDownload, control: MessagePort) {
		this.#open = open;
		this.#control = control;
		this.over = new Promise((resolve) => {
			this.#end = resolve;
		});
		control.onmessage = ({ data }: MessageEvent<ToBrowser>) => this.#told(data);
		// Told where a page crashed or was closed.
		control.addEventListener("close", () => this.#fail());
		this.#tell({ say: "ready" });
	}

	/** What the browser downloads. Asked for a second time, there is nothing: the bytes are gone. */
	answer(): Response | undefined {
		if (this.#answered) return undefined;
		this.#answered = true;
		const { size, name } = this.#open;
		const body = new ReadableStream<Uint8Array>(
			{
				start: (controller) => {
					this.#body = controller;
				},
				pull: () => this.#pay(),
				cancel: () => this.#finish({ say: "cancelled" }),
			},
			new ByteLengthQueuingStrategy({ highWaterMark: window }),
		);
		this.#tell({ say: "started" });
		return new Response(body, { headers: headersOf(name, size) });
	}

	/** Gives up if nobody has said a word for long: what is cut short shall not look whole. */
	watch(): void {
		if (Date.now() - this.#heard > silenceMs) this.#fail();
	}

	#told(message: ToBrowser): void {
		this.#heard = Date.now();
		if (message.say === "stream") this.#read(message.stream);
		else if (message.say === "end") this.#close();
		else if (message.say === "fail") this.#fail();
		else if (message.say === "ping") this.#tell({ say: "ready" });
		else {
			this.#drop();
			this.#tell({ say: "bytes", bytes: this.#bytes });
		}
	}

	/** Takes the next stretch of bytes. It may break off, and another go on behind it. */
	#read(stream: MessagePort): void {
		this.#drop();
		const port = new BytePort(stream);
		this.#port = port;
		this.#owing = 0;
		port.end();
		port.read(
			{
				data: (chunk) => {
					if (this.#port !== port) return;
					this.#bytes += chunk.byteLength;
					this.#owing += chunk.byteLength;
					this.#body?.enqueue(chunk);
				},
				end: (error) => {
					if (this.#port === port) this.#tell({ say: "stretch", whole: error === undefined, bytes: this.#bytes });
				},
			},
			window,
		);
	}

	/** Grants credit for what the browser has taken. */
	#pay(): void {
		const waiting = window - (this.#body?.desiredSize ?? 0);
		const taken = this.#owing - waiting;
		if (taken <= 0) return;
		this.#owing -= taken;
		this.#port?.grant(taken);
	}

	#drop(): void {
		this.#port?.reset(new Error("broken off"));
		this.#port = undefined;
	}

	#close(): void {
		this.#body?.close();
		this.#finish({ say: "bytes", bytes: this.#bytes });
	}

	#fail(): void {
		this.#body?.error(new Error("the download broke off"));
		this.#finish({ say: "bytes", bytes: this.#bytes });
	}

	#finish(last: ToPage): void {
		if (!downloads.delete(this.#open.id)) return;
		this.#body = undefined;
		// First: the page shall know why the stream ends.
		this.#tell(last);
		this.#drop();
		this.#end();
	}

	#tell(message: ToPage): void {
		this.#control.postMessage(message);
	}
}

/** Never anything but a file to save: no type that a browser would show, and if one did, a page without any rights. */
function headersOf(name: string, size: number | undefined): Headers {
	const headers = new Headers({
		"Content-Type": "application/octet-stream",
		"Content-Disposition": `attachment; filename*=UTF-8''${encoded(name)}`,
		"Content-Security-Policy": "default-src 'none'; sandbox",
		"X-Content-Type-Options": "nosniff",
		"Cache-Control": "no-store",
	});
	// A browser takes a download of another length for broken.
	if (size !== undefined) headers.set("Content-Length", String(size));
	return headers;
}

/** A name as RFC 8187 §3.2.1 wants it. */
function encoded(name: string): string {
	return encodeURIComponent(name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

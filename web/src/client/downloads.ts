/** What a page and the service worker of downloads tell each other. */

/** Opens a download; a port for the rest comes with it. */
export interface OpenDownload {
	/** The last part of its URL. */
	readonly id: string;
	/** What the file is called here. */
	readonly name: string;
	/** Bytes, where they are known. */
	readonly size: number | undefined;
}

/** What the page says on the port. */
export type ToBrowser =
	/** The next bytes come over a byte port. */
	| { readonly say: "stream"; readonly stream: MessagePort }
	/** Forget the present stream; `bytes` is the answer. */
	| { readonly say: "break" }
	/** Are you there? `ready` is the answer. */
	| { readonly say: "ping" }
	/** All is there. `bytes` is the answer. */
	| { readonly say: "end" }
	/** It will never be whole. `bytes` is the answer. */
	| { readonly say: "fail" };

/** What the service worker says on the port. */
export type ToPage =
	| { readonly say: "ready" }
	/** The browser has asked for it. */
	| { readonly say: "started" }
	/** A stream has ended: all of it has come, or it broke off. */
	| { readonly say: "stretch"; readonly whole: boolean; readonly bytes: number }
	/** So many bytes were given to the browser in all. */
	| { readonly say: "bytes"; readonly bytes: number }
	/** The person has cancelled it in the browser. */
	| { readonly say: "cancelled" };

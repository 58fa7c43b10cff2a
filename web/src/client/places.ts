/** Where the workers and the core are fetched from. */
import * as beside from "./assets.ts";

/** Files of this package that are fetched while it runs. */
export interface Assets {
	/** `worker.js`. Browsers want a Worker from the page's own origin. */
	readonly worker: string | URL;
	/** `core.wasm`. On another origin it needs CORS. */
	readonly wasm: string | URL;
	/** `extra.wasm`: the demo server within the page, and the reader of ssh_config. */
	readonly extra: string | URL;
	/** `dl/worker.js`, a service worker for downloads: of the page's own origin, in a folder of its own, which is its scope. */
	readonly downloads: string | URL;
}

let places: Assets = {
	worker: beside.workerURL,
	wasm: beside.wasmURL,
	extra: beside.extraURL,
	downloads: beside.downloadsURL,
};

/**
 * Says where the files lie, if they do not lie beside the module that needs
 * them: after a bundler that does not know `new URL(…, import.meta.url)`, or
 * on a host of their own. Relative URLs are relative to the page. Call it
 * before the first `connect` or `preload`; what is left out stays as it is.
 */
export function setAssets(assets: Partial<Assets>): void {
	places = { ...places, ...assets };
}

export function placeOf(asset: keyof Assets): URL {
	return new URL(places[asset], location.href);
}

/** Where the files of this library lie: beside this module. The page's build replaces this file by one with hashed names. */

export const workerURL: URL = new URL("./worker.js", import.meta.url);
export const wasmURL: URL = new URL("./core.wasm", import.meta.url);
export const extraURL: URL = new URL("./extra.wasm", import.meta.url);
/** The service worker of downloads. Its folder is its scope. */
export const downloadsURL: URL = new URL("./dl/worker.js", import.meta.url);

/** The relay, if nobody names one: that of the host which served the page. */
export const relayURL = (): URL => new URL("/relay", location.href);

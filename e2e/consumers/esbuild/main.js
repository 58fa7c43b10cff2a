import "wasmiko/element";
import { connect, setAssets } from "wasmiko";

// esbuild leaves URLs as they are, so the page says where it has put them.
setAssets({ worker: "static/worker.js", wasm: "static/core.wasm" });
window.connect = connect;

// Measures the files panel with a folder that nobody looks through.
import { finish, job } from "./report.js";

const { connect } = await import("/lib/wasmiko.js");
await import("/lib/element.js");
const { target, path, count } = await job();
const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

await finish(async () => {
	const files = document.createElement("ssh-files");
	files.style.cssText = "display: block; inline-size: 1000px; block-size: 700px";
	document.body.append(files);
	files.client = await connect(target);
	const start = performance.now();
	await files.open(path);
	const grid = files.shadowRoot.querySelector("[role=grid], [role=treegrid]");
	while (Number(grid.getAttribute("aria-rowcount")) < count) await frame();
	const listed = performance.now() - start;
	const keys = [];
	for (const key of ["End", "Home", "PageDown", "PageDown", "End", "PageUp"]) {
		await frame();
		const at = performance.now();
		grid.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, composed: true }));
		await frame();
		keys.push(performance.now() - at);
	}
	return { listed, keys };
});

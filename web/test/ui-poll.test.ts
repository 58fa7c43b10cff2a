/** What a tab asks for again and again, and when it does not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Poll } from "../app/poll.ts";

test("a poll works while it is wanted and the page can be seen, and costs no timer else", (t) => {
	t.mock.timers.enable({ apis: ["setInterval"] });
	const page = Object.assign(new EventTarget(), { hidden: false });
	Object.assign(globalThis, { document: page });
	t.after(() => Reflect.deleteProperty(globalThis, "document"));
	const see = (visible: boolean) => {
		page.hidden = !visible;
		page.dispatchEvent(new Event("visibilitychange"));
	};
	let runs = 0;
	const poll = new Poll(1000, () => runs++);
	const steps: [what: string, step: () => void, inThreeSeconds: number][] = [
		["nobody wants it", () => {}, 0],
		["it is wanted: at once, and each second", () => (poll.on = true), 4],
		["it is wanted already", () => (poll.on = true), 3],
		["the page is hidden", () => see(false), 0],
		["the page is shown again", () => see(true), 4],
		["nobody wants it any more", () => (poll.on = false), 0],
		["the page comes and goes meanwhile", () => [false, true].forEach(see), 0],
	];
	for (const [what, step, want] of steps) {
		runs = 0;
		step();
		t.mock.timers.tick(3000);
		assert.equal(runs, want, what);
	}
});

// Measures the element: what a person sees, on the thread that draws.
import { finish, job } from "./report.js";

await import("/lib/element.js");

const { kind, target, lines, path } = await job();
const element = document.createElement("ssh-terminal");
element.options = target;
document.body.append(element);

const longTasks = [];
new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((e) => e.duration))).observe({
	type: "longtask",
});

// The last lines of the screen, as text.
function tail() {
	const buffer = element.terminal.buffer.active;
	const rows = [];
	for (let y = Math.max(0, buffer.baseY + buffer.cursorY - 3); y <= buffer.baseY + buffer.cursorY; y++)
		rows.push(buffer.getLine(y)?.translateToString(true) ?? "");
	return rows.join("\n");
}

async function shows(pattern) {
	while (!pattern.test(tail())) await new Promise((resolve) => setTimeout(resolve, 1));
}

const type = (text) => element.terminal.input(text);

const measures = {
	async flood() {
		type(`PS1='bench> '; clear; seq 1 ${lines}; echo all''done\r`);
		longTasks.length = 0;
		const start = performance.now();
		await shows(new RegExp(`${lines}\\s+alldone`));
		return { ms: performance.now() - start, longest: Math.max(0, ...longTasks) };
	},

	// The server's file, which it counts itself.
	async colour() {
		let feeds = 0;
		const counting = element.terminal.onLineFeed(() => feeds++);
		type(`clear; cat ${path}; echo all''done\r`);
		longTasks.length = 0;
		const start = performance.now();
		await shows(/^alldone/m);
		const ms = performance.now() - start;
		counting.dispose();
		if (feeds < lines) throw new Error(`${feeds} lines of ${lines}`);
		return { ms, longest: Math.max(0, ...longTasks) };
	},

	// With as many lines as the settings allow.
	async scrollback() {
		const { terminal } = element;
		terminal.options.scrollback = 100_000;
		const line = (i) => `${i} ${"lorem ipsum dolor ".repeat(1 + (i % 9))}`;
		for (let i = 0; i < 100_000; i += 1000) {
			const text = Array.from({ length: 1000 }, (_, j) => line(i + j)).join("\r\n");
			await new Promise((resolve) => terminal.write(`${text}\r\n`, resolve));
		}
		const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
		const timed = async (work) => {
			await frame();
			const start = performance.now();
			await work();
			await frame();
			return performance.now() - start;
		};
		const scroll = [];
		for (const at of [0, 70_000, 10, 50_000, 99_000]) scroll.push(await timed(() => terminal.scrollToLine(at)));
		const { cols, rows } = terminal;
		const resize = [];
		for (const less of [20, 0, 40, 0]) resize.push(await timed(() => terminal.resize(cols - less, rows)));
		const find = element.shadowRoot.querySelector(".find input");
		element.focus();
		const keys = { key: "F", code: "KeyF", ctrlKey: true, shiftKey: true, bubbles: true, cancelable: true };
		terminal.textarea.dispatchEvent(new KeyboardEvent("keydown", keys));
		const count = element.shadowRoot.querySelector(".find-count");
		const search = [];
		for (const word of ["warm", "1234 ", "98765 ", "no such word"]) {
			find.value = word;
			search.push(
				await timed(async () => {
					count.textContent = "";
					find.dispatchEvent(new InputEvent("input"));
					while (count.textContent === "" && word !== "warm") await frame();
				}),
			);
		}
		return { scroll, resize, search: search.slice(1) };
	},

	async ctrlC() {
		const times = [];
		for (let i = 0; i < 5; i++) {
			type("yes wasmiko\r");
			await shows(/wasmiko\nwasmiko/);
			await new Promise((resolve) => setTimeout(resolve, 1000));
			const start = performance.now();
			type("\x03");
			await shows(/bench> $/);
			times.push(performance.now() - start);
			type("clear\r");
			await shows(/^\s*bench> $/);
		}
		return { times };
	},
};

await finish(async () => {
	await element.connect();
	await shows(/[$#] ?$/);
	type("PS1='bench> '; clear\r");
	await shows(/bench> ?$/);
	return measures[kind]();
});

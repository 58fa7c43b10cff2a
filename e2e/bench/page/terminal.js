// Measures the element: what a person sees, on the thread that draws.
import { finish, job } from "./report.js";

await import("/lib/element.js");

const { kind, target, lines } = await job();
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

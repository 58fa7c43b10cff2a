// Works in the application's own page as a person would: opens sessions, each in a tab, and closes them all.
import { finish, job, mark } from "./report.js";

const { key, where, tabs, seconds } = await job();

async function until(look) {
	for (;;) {
		const found = look();
		if (found) return found;
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}

const rest = (s = seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * s));
const button = (root, text) =>
	[...(root?.querySelectorAll("button") ?? [])].find((each) => each.textContent.trim() === text);
const ready = () => document.querySelectorAll('ssh-terminal[data-state="ready"]').length;

/** How many may log in at a time: sshd refuses more than it likes. */
const PARALLEL = 4;
let opened = 0;

async function open() {
	await until(() => opened - ready() < PARALLEL);
	document.querySelector(".topbar .logo").click();
	const picker = await until(() => document.querySelector("#home input[type=file]"));
	const files = new DataTransfer();
	files.items.add(new File([key], "bench"));
	picker.files = files.files;
	picker.dispatchEvent(new Event("change"));
	await until(() => document.querySelector(".identity-chosen").textContent.includes("bench"));
	const field = document.querySelector("#target");
	field.value = where;
	field.form.requestSubmit();
	opened++;
	await until(() => document.querySelectorAll("ssh-terminal").length === opened);
}

/** Until all are logged in, the first of them at a server that nobody knew. */
async function settled() {
	await until(() => {
		for (const { shadowRoot } of document.querySelectorAll("ssh-terminal"))
			button(shadowRoot, "Trust and save")?.click();
		return ready() === opened;
	});
	await rest(2);
}

async function close() {
	const count = document.querySelectorAll("ssh-terminal").length;
	document.querySelector("[role=tab]").click();
	dispatchEvent(
		new KeyboardEvent("keydown", { key: "W", code: "KeyW", altKey: true, shiftKey: true, cancelable: true }),
	);
	await until(() => {
		button(document, "Close session")?.click();
		return document.querySelectorAll("ssh-terminal").length < count;
	});
}

await finish(async () => {
	await until(() => document.querySelector("#home form [type=submit]"));
	await open();
	await settled();
	await mark("one");
	await rest();
	await mark("oneIdle");
	while (opened < tabs) await open();
	await settled();
	await mark("all");
	await rest();
	await mark("allIdle");
	const alive = ready();
	for (let i = 1; i < tabs; i++) await close();
	await rest(5);
	await mark("closed");
	await rest(2);
	await mark("closedIdle");
	// What nothing holds any more the browser keeps until it needs the room.
	for (let i = 0; i < 3; i++) {
		gc();
		await rest(0.5);
	}
	await mark("closing");
	await rest(2);
	await mark("collected");
	return { alive };
});

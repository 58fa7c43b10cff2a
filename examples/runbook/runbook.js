// One command on many machines, a few at a time, with no terminal.
import { run, TimeoutError } from "../../lib/wasmiko.js";

const form = document.getElementById("form");
const summary = document.getElementById("summary");
const problem = document.getElementById("problem");
const table = document.getElementById("table");
const stop = document.getElementById("stop");

/** What `user@host:port fingerprint` means to connect(). The fingerprint is the machine's: nothing is sent to another. */
function machine(line, password) {
	const match = /^(?<username>[^@\s]+)@(?<host>\[[^\]]+\]|[^:\s]+)(?::(?<port>\d+))?\s+(?<pin>SHA256:\S+)$/.exec(line);
	if (!match) throw new Error(`“${line}” is not user@host:port and a fingerprint, as ssh-keygen -l prints it`);
	const { username, host, port = "22", pin } = match.groups;
	return {
		name: line.split(/\s/)[0],
		relay: "/relay",
		host: host.replace(/^\[|\]$/g, ""),
		port: Number(port),
		username,
		auth: [
			{ type: "password", password },
			// Servers that ask instead of taking a password get the same answer to each hidden question.
			{ type: "keyboard-interactive", answer: async ({ prompts }) => prompts.map((p) => (p.echo ? "" : password)) },
		],
		hostKey: { pin },
	};
}

/** A row of the table: what a machine says, and how it ended. */
class Row {
	#row = table.tBodies[0].insertRow();
	#ended;
	#output = document.createElement("pre");
	#decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };

	constructor(name) {
		const head = document.createElement("th");
		head.scope = "row";
		head.textContent = name;
		this.#row.append(head);
		this.#ended = this.#row.insertCell();
		this.#ended.className = "ended";
		this.#row.insertCell().append(this.#output);
		this.#set("waiting", "waiting");
	}

	hear(chunk, stream) {
		this.#set("running", "running");
		// Text, never markup: the machine may say what it likes.
		this.#output.append(this.#decoders[stream].decode(chunk, { stream: true }));
	}

	finish({ result, error }) {
		if (result) {
			const { status, signal } = result;
			this.#set(status === 0 ? "ok" : "failed", signal ? `by signal ${signal}` : `status ${status ?? "unknown"}`);
			return;
		}
		this.#set("failed", error instanceof TimeoutError ? "time is up; what came is kept" : error.message);
	}

	/** The rest was called off. */
	stop() {
		const { state } = this.#row.dataset;
		if (state === "waiting" || state === "running") this.#set("failed", "stopped; what came is kept");
	}

	#set(state, text) {
		this.#row.dataset.state = state;
		this.#ended.textContent = text;
	}
}

function show(text) {
	problem.hidden = text === "";
	problem.textContent = text;
}

form.addEventListener("submit", async (event) => {
	event.preventDefault();
	show("");
	const { hosts, command, password, inFlight, timeout } = Object.fromEntries(new FormData(form));
	const stopping = new AbortController();
	const onStop = () => stopping.abort(new Error("Stopped."));
	let rows = new Map();
	try {
		const lines = hosts.split("\n").map((line) => line.trim());
		const machines = lines.filter(Boolean).map((line) => machine(line, password));
		table.tBodies[0].replaceChildren();
		table.hidden = false;
		rows = new Map(machines.map((m) => [m, new Row(m.name)]));
		stop.disabled = false;
		stop.addEventListener("click", onStop);

		let done = 0;
		let failed = 0;
		summary.textContent = `0 of ${machines.length}`;
		const went = run(machines, command, {
			inFlight: Number(inFlight),
			timeout: Number(timeout) * 1000,
			signal: stopping.signal,
			onOutput: (m, chunk, stream) => rows.get(m).hear(chunk, stream),
		});
		for await (const one of went) {
			rows.get(one.host).finish(one);
			if (one.result?.status !== 0) failed++;
			summary.textContent = `${++done} of ${machines.length}${failed ? `, ${failed} failed` : ""}`;
		}
	} catch (error) {
		for (const row of rows.values()) row.stop();
		show(error.message);
	} finally {
		stop.disabled = true;
		stop.removeEventListener("click", onStop);
	}
});

import type { ConnectionInfo } from "../src/client/index.ts";
import { formatBytes } from "../src/element/bytes.ts";
import { h, newId } from "../src/element/dom.ts";
import { showable } from "../src/element/untrusted.ts";
import type { Log } from "./log.ts";
import { Modal } from "./modal.ts";

/** What the dialog can change. */
export interface InfoChoices {
	readonly clipboard: boolean;
	onClipboard(allowed: boolean): void;
	/** Whether programs on the host may ask for the browser's keys. */
	readonly agent: boolean;
	onAgent(allowed: boolean): void;
}

/** Shows all that is known of a connection, and copies it for who helps. */
export function showInfo(where: string, info: ConnectionInfo, log: Log, choices: InfoChoices): void {
	const rows = rowsOf(info);
	const copy = h("button", { type: "button", class: "button quiet" }, "Copy diagnostics");
	copy.addEventListener("click", () => {
		void navigator.clipboard.writeText(diagnostics(rows)).then(
			() => (copy.textContent = "Copied"),
			() => (copy.textContent = "The browser did not allow copying"),
		);
	});
	const modal = new Modal(
		`Connection to ${where}`,
		h(
			"dl",
			{ class: "facts-list" },
			...rows.flatMap(([name, value]) => [
				h("dt", {}, name),
				h("dd", {}, /SHA256:/.test(value) ? h("code", {}, value) : value),
			]),
		),
		check("Programs on this host may put text on my clipboard", choices.clipboard, choices.onClipboard),
		check(
			"Programs on this host may ask to use my keys (agent forwarding, from the next connection on; each use asks)",
			choices.agent,
			choices.onAgent,
		),
		log.panel(where),
		h("div", { class: "actions" }, copy),
	);
	modal.element.classList.add("info");
}

function check(text: string, now: boolean, onChange: (allowed: boolean) => void): HTMLElement {
	const input = h("input", { type: "checkbox", id: newId("check"), checked: now });
	input.addEventListener("change", () => onChange(input.checked));
	return h("div", { class: "check" }, input, h("label", { for: input.id }, text));
}

type Row = readonly [name: string, value: string];

/** The rows of the dialog. Nothing in them is secret. */
function rowsOf(info: ConnectionInfo): Row[] {
	const rows: Row[] = [
		["Server", showable(info.serverVersion, 255)],
		["Key exchange", info.keyExchange],
		[
			"Post-quantum",
			info.postQuantum
				? "Yes: recorded traffic stays safe from later quantum computers"
				: "No: the server offers no such key exchange",
		],
		["Host key", `${info.hostKeyType}\n${info.fingerprint}`],
		["Signed with", info.hostKeyAlgorithm],
		["Cipher", both(info.cipherOut, info.cipherIn)],
		["Integrity", both(info.macOut || "within the cipher", info.macIn || "within the cipher")],
		["Strict key exchange", info.strictKex ? "Yes" : "No: the server does not know it"],
		["Fast arithmetic", info.simd ? "Yes" : "No: this browser has no WebAssembly SIMD, so files move slower"],
		["Round trip", info.rttMs > 0 ? `${info.rttMs.toFixed(1)} ms` : "Not measured yet"],
		["Sent / received", `${formatBytes(info.bytesOut)} / ${formatBytes(info.bytesIn)}`],
		["Client", info.clientVersion],
	];
	if (info.weak.length > 0)
		rows.unshift(["No longer safe", `${info.weak.join(", ")}: allowed for this host, for 30 days`]);
	return rows;
}

function both(out: string, back: string): string {
	return out === back ? out : `${out} out, ${back} in`;
}

/** Without the session's id and the host's name: fit for a public report. */
function diagnostics(rows: readonly Row[]): string {
	return [
		...rows.map(([name, value]) => `${name}: ${value.replace(/\n/g, " ")}`),
		`Browser: ${navigator.userAgent}`,
	].join("\n");
}

// The portal with the gateway's page in a frame: none of its code but this helper runs here.
import { room, ticketFor } from "./room.js";
import { TerminalFrame } from "./wasmiko/frame.js";

room((place, { name }, gateway) => {
	const frame = new TerminalFrame(gateway, { ticket: () => ticketFor(name, true) });
	const state = document.createElement("p");
	state.setAttribute("role", "status");
	frame.addEventListener("state", ({ detail }) => {
		state.textContent = detail.text;
	});
	place.append(frame.element, state);
	return () => frame.remove();
});

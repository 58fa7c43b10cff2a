// The portal with <ssh-terminal> and <ssh-files> in its own page.
import "./wasmiko/element.js";
import { room, ticketFor } from "./room.js";

room((place, { name }, gateway) => {
	const terminal = document.createElement("ssh-terminal");
	const files = document.createElement("ssh-files");
	terminal.setAttribute("relay", new URL("relay", gateway));
	// Asked for at the first connection and at each after that.
	terminal.addEventListener("ssh-ticket", (event) => event.respondWith(ticketFor(name, false)));
	terminal.addEventListener("ssh-ready", () => {
		files.client = terminal.client;
	});
	place.append(terminal, files);
	terminal.connect().catch(() => {}); // it shows by itself what is wrong
	return () => place.replaceChildren();
});

// What a page may do with <ssh-terminal>. Nothing here is needed: with the
// attribute `autoconnect` the element works without a line of script.
const terminal = document.querySelector("ssh-terminal");
const state = document.getElementById("state");

for (const [name, value] of new URLSearchParams(location.search)) {
	if (["host", "port", "username", "theme"].includes(name)) terminal.setAttribute(name, value);
}

// An embedder that has the key's fingerprint pins it: <ssh-terminal fingerprint="SHA256:…">.
document.getElementById("connect").addEventListener("click", () => {
	terminal.connect().catch((error) => console.info("not connected:", error.message));
});
document.getElementById("disconnect").addEventListener("click", () => terminal.disconnect());

// Events bubble: one listener may serve any number of terminals.
document.addEventListener("ssh-state", (event) => {
	state.textContent = event.detail.text;
});
document.addEventListener("ssh-exit", (event) => console.info("exit", event.detail));

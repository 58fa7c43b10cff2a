// Stands in the application's own page, before its scripts, and waits for the form to take input.
const usable = () => {
	// The field is there before the script that knows what to do with it, and with it the button.
	const button = document.querySelector("#home form [type=submit]");
	return button !== null && getComputedStyle(button).visibility === "visible";
};
const look = () => {
	if (!usable()) return;
	observer.disconnect();
	const at = performance.now();
	requestAnimationFrame(() => fetch("/bench/report", { method: "POST", body: JSON.stringify({ usable: at }) }));
};
// Not a timer: the thread is busy just then, and a timer would tell of that.
const observer = new MutationObserver(look);
observer.observe(document, { subtree: true, childList: true, attributes: true });
look();

// Stands in the application's own page and waits for the form to take input.
const usable = () => {
	// The field is there before the script that knows what to do with it, and with it the button.
	const button = document.querySelector("#home form [type=submit]");
	return button !== null && getComputedStyle(button).visibility === "visible";
};
const timer = setInterval(() => {
	if (!usable()) return;
	clearInterval(timer);
	const at = performance.now();
	requestAnimationFrame(() => fetch("/bench/report", { method: "POST", body: JSON.stringify({ usable: at }) }));
}, 1);

// Stands in the application's own page and waits for the form to take input.
const usable = () => {
	const field = document.querySelector("input");
	return field !== null && !field.disabled && getComputedStyle(field).visibility === "visible";
};
const timer = setInterval(() => {
	if (!usable()) return;
	clearInterval(timer);
	const at = performance.now();
	requestAnimationFrame(() => fetch("/bench/report", { method: "POST", body: JSON.stringify({ usable: at }) }));
}, 1);

// Stands in the application's own page, and in one that is only a button. Tells when the button was painted, and of the
// application when that what was submitted then was carried out.
const painted = new Promise((resolve) => {
	new PerformanceObserver((list) => resolve(list.getEntries()[0].renderTime)).observe({
		type: "element",
		buffered: true,
	});
});
const form = document.querySelector("form.connect");

/** Submits a host without a user; once the program is there it asks for one. Had the page not kept it, it never would. */
async function carriedOut() {
	const field = document.getElementById("target");
	if (getComputedStyle(field).visibility !== "visible") throw new Error("the button was painted without its field");
	field.value = "nowhere.invalid";
	form.querySelector("[type=submit]").click();
	const user = document.getElementById("user");
	while (!user.checkVisibility()) {
		if (performance.now() > 20_000) throw new Error("what was submitted was not kept");
		await new Promise((resolve) => requestAnimationFrame(resolve));
	}
	return performance.now();
}

const report = (value) => fetch("/bench/report", { method: "POST", body: JSON.stringify(value) });
painted
	.then(async (usable) => report({ usable, carriedOut: form && (await carriedOut()) }))
	.catch((error) => report({ error: String(error) }));

/**
 * Stands in index.html itself and runs before the form is there: whoever submits it before the program has come waits,
 * and nothing is lost. What is kept says `aria-busy`, where Home finds it.
 */
let failed = false;

document.addEventListener("submit", (event) => {
	const form = event.target as HTMLFormElement;
	// The program listens at the form itself, and so comes first.
	if (event.defaultPrevented || !form.matches(".connect")) return;
	event.preventDefault();
	const field = form.elements.namedItem("target") as HTMLInputElement;
	if (!failed && field.value.trim() !== "") form.ariaBusy = "true";
});

// Who goes on typing has not finished.
document.addEventListener("input", () => document.querySelector(".connect")?.removeAttribute("aria-busy"));

window.addEventListener(
	"error",
	({ target }) => {
		if (!(target instanceof HTMLScriptElement)) return;
		failed = true;
		document.querySelector(".connect")?.removeAttribute("aria-busy");
		const problem = document.getElementById("problem");
		if (problem !== null)
			problem.textContent = "The page has not come whole. See whether you are online, then load it again.";
	},
	{ capture: true },
);

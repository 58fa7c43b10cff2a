export async function job() {
	return (await fetch("/bench/job")).json();
}

/** Tells that a phase of the measure has ended. */
export async function mark(name) {
	await fetch(`/bench/mark/${name}`);
}

/** Reports what the measure returns, or why it failed. */
export async function finish(measure) {
	let value;
	try {
		value = await measure();
	} catch (err) {
		value = { error: String(err?.stack ?? err) };
	}
	await fetch("/bench/report", { method: "POST", body: JSON.stringify(value) });
}

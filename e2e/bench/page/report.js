export async function job() {
	return (await fetch("/bench/job")).json();
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

// What both pages share: logging in, the list of machines, logging out.
const byId = (id) => document.getElementById(id);

/** Calls the portal's own server. */
export async function call(path, body) {
	const response = await fetch(`/api/${path}`, body && { method: "POST", body: JSON.stringify(body) });
	if (!response.ok) throw new Error(await response.text());
	return response.status === 204 ? undefined : response.json();
}

/** A fresh ticket: each lets the person onto one machine, once. */
export async function ticketFor(machine, framed) {
	return (await call("tickets", { machine, framed })).ticket;
}

/** `open(place, machine, gateway)` shows a machine; it returns how to close it. */
export function room(open) {
	let close = () => {};
	const show = (text) => {
		byId("problem").hidden = !text;
		byId("problem").textContent = text;
	};

	async function enter() {
		const list = await call("machines").catch(() => undefined);
		byId("login").hidden = list !== undefined;
		byId("room").hidden = byId("logout").hidden = list === undefined;
		byId("machines").replaceChildren(
			...(list?.machines ?? []).map((machine) => {
				const button = document.createElement("button");
				button.textContent = machine.name;
				button.addEventListener("click", () => {
					close();
					for (const other of byId("machines").querySelectorAll("[aria-current]"))
						other.removeAttribute("aria-current");
					button.setAttribute("aria-current", "true");
					byId("place").replaceChildren();
					close = open(byId("place"), machine, list.gateway);
				});
				const item = document.createElement("li");
				item.append(button);
				return item;
			}),
		);
	}

	byId("login").addEventListener("submit", async (event) => {
		event.preventDefault();
		const { user, password } = Object.fromEntries(new FormData(event.target));
		try {
			await call("login", { user, password });
			event.target.reset();
			show("");
			await enter();
		} catch (error) {
			show(error.message);
		}
	});
	byId("logout").addEventListener("click", async () => {
		close();
		byId("place").replaceChildren();
		await call("logout", {});
		await enter();
	});
	void enter();
}

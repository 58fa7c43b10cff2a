import { Board } from "../src/client/index.ts";
import type { SessionRequest } from "./sessionview.ts";

/** Opens a session with the demo server within this page. It runs as long as the session's tab. */
export async function openBoard(open: (request: SessionRequest) => Promise<void>): Promise<void> {
	const board = await Board.open();
	const [host, port, username] = ["in-page", 22, "robey"] as const;
	await open({
		target: { host, port, username, notes: [] },
		demo: { demo: { host, port, username, password: "foo", fingerprint: board.fingerprint }, question: false },
		relay: () => board.relay(),
		onClosed: () => void board.close(),
	});
}

/** What a portal's ticket says. The gateway checks it; here it is only read. */
import { HostKeyError } from "./errors.ts";
import type { ConnectOptions } from "./types.ts";

/** The part of a ticket that concerns the page. */
export interface TicketClaims {
	readonly host?: string;
	readonly port?: number;
	readonly user?: string;
	/** Fingerprints, as `SHA256:…`, of which the server's key must be one; empty if the portal names none. */
	readonly hostKeys: readonly string[];
}

/**
 * Reads a ticket: a JWS in compact form (RFC 7515 section 7.1). One that is
 * anything else is a matter between portal and gateway, and says nothing here.
 * Its signature is the gateway's to check: a page that was handed a forged
 * ticket by its own portal has nothing to gain from checking it.
 */
export function readTicket(ticket: string): TicketClaims {
	const claims = payloadOf(ticket);
	const { host, port, user, hostkey_sha256: keys } = claims;
	const pins = (Array.isArray(keys) ? keys : [keys]).filter((key) => typeof key === "string" && key !== "");
	return {
		...(typeof host === "string" && { host }),
		...(typeof port === "number" && { port }),
		...(typeof user === "string" && { user }),
		hostKeys: pins.map((key: string) => (key.startsWith("SHA256:") ? key : `SHA256:${key}`)),
	};
}

function payloadOf(ticket: string): Record<string, unknown> {
	const [, payload, signature] = ticket.split(".");
	if (payload === undefined || signature === undefined) return {};
	try {
		const text = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
		const claims: unknown = JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0))));
		return typeof claims === "object" && claims !== null ? (claims as Record<string, unknown>) : {};
	} catch {
		return {};
	}
}

/** The options as the ticket changes them: it names the target, and its host keys are the only ones. */
export function withTicket(options: ConnectOptions): ConnectOptions {
	if (options.ticket === undefined) return options;
	const { host, port, user, hostKeys } = readTicket(options.ticket);
	return {
		...options,
		...(host !== undefined && { host }),
		...(port !== undefined && { port }),
		...(user !== undefined && { username: user }),
		...(hostKeys.length > 0 && { hostKey: { pin: hostKeys } }),
	};
}

/** Says of a key that is not the pinned one who had pinned it. */
export function blameTicket(error: unknown, { ticket }: ConnectOptions): unknown {
	if (!(error instanceof HostKeyError) || error.reason !== "mismatch" || error.jump !== "") return error;
	if (ticket === undefined || readTicket(ticket).hostKeys.length === 0) return error;
	const { message, offered, known, expected, reason } = error;
	return new HostKeyError(message, offered, known, {
		...{ expected, reason, cause: error },
		hint: "Your administrator pinned this server's key, and the server shows another. Tell whoever runs the portal.",
	});
}

/** What a terminal element's attributes say, joined with its options; options win. */
import { relayURL } from "../client/assets.ts";
import { type ConnectOptions, readTicket, type TicketClaims } from "../client/index.ts";
import type { TerminalOptions } from "./options.ts";
import type { Look } from "./screen.ts";
import { defaultFont, isDark, themeOf } from "./theme.ts";

/** Where to connect, and by what way. */
export interface Target {
	readonly host: string;
	readonly port: number;
	readonly username: string;
	readonly relay: ConnectOptions["relay"];
	readonly ticket?: string;
}

/** The font sizes that can be set, in pixels. */
export const fontSizes = { least: 8, usual: 14, most: 40 };

/** Where an element is to connect: a ticket wins. A part that nobody named is empty, and refused when connecting. */
export function targetOf(
	element: HTMLElement,
	options: TerminalOptions,
	ticket = options.ticket ?? element.getAttribute("ticket") ?? undefined,
): Target {
	const text = (name: string): string | undefined => element.getAttribute(name) ?? undefined;
	const named: Partial<TicketClaims> = ticket === undefined ? {} : readTicket(ticket);
	return {
		host: named.host ?? options.host ?? text("host") ?? "",
		port: named.port ?? options.port ?? Number(text("port") ?? 22),
		username: named.user ?? options.username ?? text("username") ?? "",
		relay: typeof options.relay === "function" ? relayURL() : (options.relay ?? text("relay") ?? relayURL()),
		...(ticket !== undefined && { ticket }),
	};
}

/** A target for people: `user@host:port`, the port only if it is not SSH's own. */
export function whereOf({ host, port, username }: Target): string {
	const name = host.includes(":") && port !== 22 ? `[${host}]` : host;
	return `${username === "" ? "" : `${username}@`}${name}${port === 22 ? "" : `:${port}`}`;
}

/** Whether an element shows its dark theme now. */
export function darkOf(element: HTMLElement): boolean {
	const theme = element.getAttribute("theme");
	const name = theme === "light" || theme === "dark" ? theme : "auto";
	return isDark(name, window.matchMedia("(prefers-color-scheme: dark)").matches);
}

/** The font size of an element, within its bounds. */
export function fontSizeOf(element: HTMLElement): number {
	const size = Number(element.getAttribute("font-size") ?? fontSizes.usual);
	if (!(size > 0)) return fontSizes.usual;
	return Math.min(Math.max(size, fontSizes.least), fontSizes.most);
}

/** How an element's screen looks now. */
export function lookOf(element: HTMLElement, options: TerminalOptions): Look {
	const styles = getComputedStyle(element);
	return {
		theme: themeOf(darkOf(element), styles),
		fontFamily: styles.getPropertyValue("--ssh-font-family").trim() || defaultFont,
		fontSize: fontSizeOf(element),
		scrollback: options.scrollback ?? 10_000,
		readonly: element.hasAttribute("readonly"),
		renderer: options.renderer ?? "auto",
		still: window.matchMedia("(prefers-reduced-motion: reduce)").matches,
	};
}

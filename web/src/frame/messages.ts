/**
 * What a portal's page and the framed terminal tell each other. The frame says
 * hello to its parent, the parent answers with a MessagePort and the options,
 * and all else goes over that port. Keys, passwords and what a terminal shows
 * or takes never do.
 */
import type { FrameOptions } from "./types.ts";

export type * from "./types.ts";

/** Raised when a page that knows only the old messages would be misled. */
export const version = 1;

/** What the element of a frame is given: `allow` is what a browser keeps from frames otherwise. */
export const frame = {
	title: "SSH terminal",
	allow:
		"clipboard-read; clipboard-write; fullscreen; local-network; loopback-network; publickey-credentials-get; publickey-credentials-create",
	referrerPolicy: "no-referrer",
};

/** From the frame to the parent's window. */
export type Greeting =
	| { readonly type: "ssh:hello"; readonly v: number }
	| { readonly type: "ssh:refused"; readonly v: number; readonly message: string };

/** From the parent to the frame's window, with a MessagePort. */
export interface Init {
	readonly type: "ssh:init";
	readonly v: number;
	readonly options: FrameOptions;
}

/** A failure to begin, as the frame would tell it. */
export function failure(problem: unknown): FromFrame {
	return { type: "error", code: "frame", message: String(problem).slice(0, 1000), hint: "" };
}

/** From the parent, on the port. */
export type ToFrame =
	| { readonly type: "connect"; readonly options: FrameOptions }
	| { readonly type: "disconnect" }
	| { readonly type: "focus" }
	| { readonly type: "theme"; readonly theme: "auto" | "light" | "dark" }
	/** Answers `ticket`; without one the frame says that there is none. */
	| { readonly type: "ticket"; readonly ticket?: string };

/** From the frame, on the port. */
export type FromFrame =
	| { readonly type: "state"; readonly state: string; readonly text: string }
	| { readonly type: "title"; readonly title: string }
	| { readonly type: "exit"; readonly status?: number; readonly signal?: string }
	| { readonly type: "error"; readonly code: string; readonly message: string; readonly hint: string }
	/** A fresh ticket is wanted. */
	| { readonly type: "ticket" };

type Check = (value: unknown) => boolean;
const text =
	(most: number): Check =>
	(value) =>
		typeof value === "string" && value !== "" && value.length <= most;
const oneOf =
	(...allowed: unknown[]): Check =>
	(value) =>
		allowed.includes(value);
const number =
	(least: number, most: number): Check =>
	(value) =>
		typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;

const theme = oneOf("auto", "light", "dark");
const optionChecks: Readonly<Record<keyof FrameOptions, Check>> = {
	ticket: text(16_384),
	host: text(253),
	port: number(1, 65535),
	username: text(256),
	fingerprint: (value) => typeof value === "string" && /^SHA256:[A-Za-z0-9+/]{43}=?$/.test(value),
	theme,
	fontSize: number(8, 40),
	readonly: oneOf(true, false),
	locale: (value) => typeof value === "string" && /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$/.test(value),
};

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is wrong with options from another page: one sentence, or undefined. */
export function problemOf(options: unknown): string | undefined {
	if (!isRecord(options)) return "the options are no object";
	for (const [name, value] of Object.entries(options)) {
		if (!Object.hasOwn(optionChecks, name)) return `there is no option “${name.slice(0, 40)}”`;
		if (!optionChecks[name as keyof FrameOptions](value)) return `the option “${name}” has a value that it cannot have`;
	}
	return undefined;
}

/** A message on the port as the frame understands it; undefined: none of ours. */
export function asToFrame(data: unknown): ToFrame | undefined {
	if (!isRecord(data)) return undefined;
	switch (data.type) {
		case "connect":
			return problemOf(data.options) === undefined ? (data as ToFrame) : undefined;
		case "disconnect":
		case "focus":
			return { type: data.type };
		case "theme":
			return theme(data.theme) ? (data as ToFrame) : undefined;
		case "ticket":
			return data.ticket === undefined || optionChecks.ticket(data.ticket) ? (data as ToFrame) : undefined;
		default:
			return undefined;
	}
}

const state = oneOf("idle", "connecting", "kex", "hostkey", "auth", "ready", "reconnecting", "lost", "ended", "failed");
const string =
	(most: number): Check =>
	(value) =>
		typeof value === "string" && value.length <= most;
const absent: Check = (value) => value === undefined;
const either =
	(...checks: Check[]): Check =>
	(value) =>
		checks.some((check) => check(value));
const newsChecks: Readonly<Record<FromFrame["type"], Readonly<Record<string, Check>>>> = {
	state: { state, text: string(1000) },
	title: { title: string(200) },
	exit: { status: either(absent, number(0, 2 ** 32)), signal: either(absent, string(100)) },
	error: { code: string(100), message: string(4000), hint: string(4000) },
	ticket: {},
};

/** A message on the port as the portal understands it; undefined: none of ours. A frame that was taken over can say nothing else. */
export function asFromFrame(data: unknown): FromFrame | undefined {
	if (!isRecord(data) || typeof data.type !== "string" || !Object.hasOwn(newsChecks, data.type)) return undefined;
	const checks = newsChecks[data.type as FromFrame["type"]];
	const known: Record<string, unknown> = { type: data.type };
	for (const [name, check] of Object.entries(checks)) {
		if (!check(data[name])) return undefined;
		if (data[name] !== undefined) known[name] = data[name];
	}
	return known as unknown as FromFrame;
}

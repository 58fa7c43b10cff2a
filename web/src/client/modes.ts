import type { TerminalMode as WireMode } from "./wire.ts";

/** Modes of a pseudo-terminal by their names in RFC 4254 section 8 and RFC 8160 (IUTF8). */
const OPCODES = {
	...{ VINTR: 1, VQUIT: 2, VERASE: 3, VKILL: 4, VEOF: 5, VEOL: 6, VEOL2: 7, VSTART: 8, VSTOP: 9, VSUSP: 10 },
	...{ VDSUSP: 11, VREPRINT: 12, VWERASE: 13, VLNEXT: 14, VFLUSH: 15, VSWTCH: 16, VSTATUS: 17, VDISCARD: 18 },
	...{ IGNPAR: 30, PARMRK: 31, INPCK: 32, ISTRIP: 33, INLCR: 34, IGNCR: 35, ICRNL: 36, IUCLC: 37, IXON: 38 },
	...{ IXANY: 39, IXOFF: 40, IMAXBEL: 41, IUTF8: 42 },
	...{ ISIG: 50, ICANON: 51, XCASE: 52, ECHO: 53, ECHOE: 54, ECHOK: 55, ECHONL: 56, NOFLSH: 57, TOSTOP: 58 },
	...{ IEXTEN: 59, ECHOCTL: 60, ECHOKE: 61, PENDIN: 62 },
	...{ OPOST: 70, OLCUC: 71, ONLCR: 72, OCRNL: 73, ONOCR: 74, ONLRET: 75 },
	...{ CS7: 90, CS8: 91, PARENB: 92, PARODD: 93, TTY_OP_ISPEED: 128, TTY_OP_OSPEED: 129 },
} as const;

/** The name of a mode of a pseudo-terminal, such as `ECHO`. */
export type TerminalMode = keyof typeof OPCODES;

/**
 * Modes of a pseudo-terminal: of a switch 0 or 1, of a character (`VINTR`)
 * its code, 255 for none, of a speed bits a second.
 */
export type TerminalModes = Readonly<Partial<Record<TerminalMode, number | boolean>>>;

/** Throws TypeError for a mode or value that RFC 4254 does not know. */
export function wireModes(modes: TerminalModes): WireMode[] {
	return Object.entries(modes).map(([name, set]) => {
		const value = Number(set);
		if (!Object.hasOwn(OPCODES, name)) throw new TypeError(`no mode of a terminal: ${name}`);
		if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff)
			throw new TypeError(`no value of the mode ${name}: ${set}`);
		return { opcode: OPCODES[name as TerminalMode], value };
	});
}

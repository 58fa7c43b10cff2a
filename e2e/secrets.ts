/** What no log of a gateway may hold: each secret that this process of the suite used. */
import { Child } from "./process.ts";

const used = new Set<string>();

/** Notes a secret, and returns it. One of a few letters would be found by chance. */
export function noteSecret(text: string): string {
	if (text.length >= 8) used.add(text);
	return text;
}

/** Notes the lines of a private key. */
export function noteSecretKey(pem: string): void {
	for (const line of pem.split("\n")) if (!line.includes("-----")) noteSecret(line.trim());
}

/** Each of the secrets that a gateway which was started here has written, and the line. */
export function leaked(): string[] {
	const gateways = Child.all.filter(({ process }) => /\/(wasmiko|portal)$/.test(process.spawnfile));
	const lines = gateways.flatMap(({ output }) => output.split("\n"));
	return [...used].flatMap((text) => lines.filter((line) => line.includes(text)).map((line) => `${text} in: ${line}`));
}

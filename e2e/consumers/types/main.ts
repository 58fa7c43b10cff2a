// Compiled, never run: what the package's types must allow, and what they must refuse.
import { AuthError, connect, type ExecResult, SSHError } from "wasmiko";
import type { SSHTerminal } from "wasmiko/element";

export async function uptime(host: string, password: string): Promise<string> {
	await using client = await connect({
		relay: "wss://relay.example.org/relay",
		host,
		username: "root",
		auth: [{ type: "password", password }],
		hostKey: { pin: "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU" },
	});
	const result: ExecResult = await client.exec("uptime", { timeout: 5000 });
	await using sftp = await client.sftp();
	for await (const entry of sftp.list("/")) console.info(entry.name, entry.size);
	return result.text();
}

export function explain(error: unknown): string {
	if (error instanceof AuthError) return `tried ${error.tried.join(", ")}`;
	return error instanceof SSHError ? `${error.code}: ${error.message}` : String(error);
}

export function terminal(): SSHTerminal | null {
	const element = document.querySelector("ssh-terminal");
	element?.terminal?.write("hello");
	element?.addEventListener("ssh-hostkey", (event) => event.preventDefault());
	return element;
}

// @ts-expect-error: no default host key policy is safe
export const refused = () => connect({ relay: "/relay", host: "h", username: "u", auth: [] });

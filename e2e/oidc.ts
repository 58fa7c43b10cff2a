import { createHash, createSign, generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A small OpenID provider: whoever presses its button is ann@example.org. */
export class Provider {
	readonly #keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
	readonly #codes = new Map<string, URLSearchParams>();
	readonly #server: Server;
	url = "";

	constructor() {
		this.#server = createServer((request, response) => {
			const at = new URL(request.url ?? "/", this.url);
			const reply = (value: object, status = 200) =>
				response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
			switch (at.pathname) {
				case "/.well-known/openid-configuration":
					return reply({
						issuer: this.url,
						authorization_endpoint: `${this.url}/authorize`,
						token_endpoint: `${this.url}/token`,
						jwks_uri: `${this.url}/keys`,
						id_token_signing_alg_values_supported: ["RS256"],
					});
				case "/keys":
					return reply({
						keys: [{ ...this.#keys.publicKey.export({ format: "jwk" }), kid: "k", alg: "RS256", use: "sig" }],
					});
				case "/authorize": {
					const code = randomUUID();
					this.#codes.set(code, at.searchParams);
					const back = new URL(at.searchParams.get("redirect_uri") ?? "");
					back.search = new URLSearchParams({ code, state: at.searchParams.get("state") ?? "" }).toString();
					response.writeHead(200, { "Content-Type": "text/html" });
					return response.end(`<title>Provider</title><a href="${back.href.replaceAll("&", "&amp;")}">I am Ann</a>`);
				}
				case "/token": {
					let body = "";
					request.on("data", (chunk: Buffer) => {
						body += chunk.toString();
					});
					request.on("end", () => {
						const form = new URLSearchParams(body);
						const asked = this.#codes.get(form.get("code") ?? "");
						this.#codes.delete(form.get("code") ?? "");
						const challenge = createHash("sha256")
							.update(form.get("code_verifier") ?? "")
							.digest("base64url");
						if (asked?.get("code_challenge") !== challenge) return reply({ error: "invalid_grant" }, 400);
						return reply({ access_token: "a", token_type: "Bearer", id_token: this.#token(asked.get("nonce") ?? "") });
					});
					return;
				}
			}
			return reply({}, 404);
		});
	}

	#token(nonce: string): string {
		const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
		const now = Math.floor(Date.now() / 1000);
		const claims = {
			...{ iss: this.url, aud: "wasmiko", sub: "1", iat: now, exp: now + 60, nonce },
			...{ email: "ann@example.org", email_verified: true },
		};
		const text = `${encode({ alg: "RS256", kid: "k" })}.${encode(claims)}`;
		return `${text}.${createSign("RSA-SHA256").update(text).sign(this.#keys.privateKey, "base64url")}`;
	}

	async start(): Promise<this> {
		await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
		// Another site than the gateway's 127.0.0.1, as a provider is.
		this.url = `http://localhost:${(this.#server.address() as AddressInfo).port}`;
		return this;
	}

	stop(): void {
		this.#server.close();
		this.#server.closeAllConnections();
	}
}

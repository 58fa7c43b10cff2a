/** Script URLs as Trusted Types want them. */

interface ScriptPolicy {
	createScriptURL(url: string): unknown;
}
interface PolicyFactory {
	createPolicy(name: string, rules: { createScriptURL(url: string): string }): ScriptPolicy;
}
interface Trust {
	readonly policy: ScriptPolicy;
	readonly allowed: Set<string>;
}

/**
 * The URL of one of our own workers, to start it by. The one policy makes
 * script URLs of our workers and of nothing else. A name serves only once a
 * page, so copies of this library share the policy, and each adds its own
 * workers to the list.
 */
export function trusted(url: URL): string {
	const scope = globalThis as { trustedTypes?: PolicyFactory; [key: symbol]: Trust | undefined };
	if (!scope.trustedTypes) return url.href;
	const key = Symbol.for("wasmiko.trusted-types");
	const trust = scope[key] ?? createTrust(scope.trustedTypes);
	scope[key] = trust;
	trust.allowed.add(url.href);
	return trust.policy.createScriptURL(url.href) as string;
}

function createTrust(factory: PolicyFactory): Trust {
	const allowed = new Set<string>();
	const policy = factory.createPolicy("wasmiko", {
		createScriptURL(url) {
			if (allowed.has(url)) return url;
			throw new TypeError(`wasmiko makes no script URL of ${url}`);
		},
	});
	return { policy, allowed };
}

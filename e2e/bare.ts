/** A page that is not the application: it has the elements and nothing else of ours. */
import type { Page } from "@playwright/test";

// biome-ignore lint/suspicious/noExplicitAny: what the page defines is what was built, not our sources
type Any = any;

/** Opens a page with some markup; the module of the elements is its `elements`. */
export async function openBare(page: Page, body: string, policy?: string): Promise<void> {
	await page.route("**/bare.html", (route) =>
		route.fulfill({
			contentType: "text/html; charset=utf-8",
			...(policy && { headers: { "content-security-policy": policy } }),
			body: `<!doctype html><html lang="en"><title>Not ours</title>${body}<script type="module" src="bare.js"></script></html>`,
		}),
	);
	await page.route("**/bare.js", (route) =>
		route.fulfill({
			contentType: "text/javascript",
			body: 'import * as elements from "./lib/element.js"; window.elements = elements;',
		}),
	);
	// Where the page is already, else at the usual server.
	await page.goto(page.url().startsWith("http") ? new URL("/bare.html", page.url()).href : "bare.html");
	await page.waitForFunction(() => (window as Any).elements);
}

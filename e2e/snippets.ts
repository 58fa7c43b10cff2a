import { readFileSync } from "node:fs";

/** The code that a document of the project shows in a language, in its order. */
export function snippets(path: string, language: string): string[] {
	const text = readFileSync(`../${path}`, "utf8");
	const fence = new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^\\1\`\`\``, "gm");
	return [...text.matchAll(fence)].map(([, , code = ""]) => code);
}

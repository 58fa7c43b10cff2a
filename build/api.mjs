// Writes what the npm package exports as Markdown, one file an entry, from the
// declarations that the compiler emitted:
//   node api.mjs TYPES OUT
// The files are checked in, so that a change of the surface shows in review. An
// export without a comment, or one whose type nobody can name, is an error.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const [types, out] = process.argv.slice(2);
const entries = { wasmiko: "client", "wasmiko/element": "element", "wasmiko/frame": "frame" };
const problems = [];
const standard =
	/^(?:[A-Z]|Promise|Partial|Pick|Omit|Record|Readonly\w*|Exclude|Array|Map|Set|Iterable|Async\w+|Event\w*|AbortSignal|URL|Uint8Array|ArrayBuffer\w*|Blob|File\w*|Readable\w+|Writable\w+|Message\w+|HTML\w+|Custom\w+|DOMException|Error\w*|Crypto\w*|Intl|Date|RegExp|Terminal|WebAssembly|Extract|NonNullable|Add\w+|K|E|Symbol|Response|BufferSource|PromiseLike|Request|LDMLPluralRule)$/;

/** The declarations of a file by their name: what they are, and the comment before them. */
function declarations(path) {
	const found = new Map();
	let doc = "";
	let text = "";
	const flush = () => {
		const name = /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|type|function|const|enum) (\w+)/.exec(
			text,
		)?.[1];
		if (name !== undefined) {
			const known = found.get(name);
			// Overloads stand together.
			if (known) known.text += `\n${clean(text)}`;
			else found.set(name, { name, doc, text: clean(text), exported: text.startsWith("export ") });
		}
		if (text !== "") doc = "";
		text = "";
	};
	let inDoc = false;
	for (const line of readFileSync(path, "utf8").split("\n")) {
		if (line.startsWith("/**")) {
			flush();
			doc = "";
			inDoc = true;
		}
		if (inDoc) {
			doc += `${line}\n`;
			inDoc = !line.includes("*/");
			continue;
		}
		if (/^(export|import|declare|type|interface) /.test(line)) flush();
		text += text === "" ? line : `\n${line}`;
	}
	flush();
	return found;
}

function clean(text) {
	return text
		.trimEnd()
		.replace(/^export (declare )?/, "")
		.replace(/\n {4}#private;/, "")
		.replace(/\n {4}private [^;]+;/g, "")
		.replaceAll("    ", "\t");
}

/** With the constant that a type is made from, which nobody else can see. */
function withSource(declared, found) {
	const source = found.get(/typeof (\w+)/.exec(declared.text)?.[1]);
	if (source === undefined || source.exported) return declared;
	return { ...declared, text: `${declared.text}\n${source.text}` };
}

/** What a module exports, in its order. */
function exportsOf(path) {
	const all = [];
	const dir = dirname(path);
	const text = readFileSync(path, "utf8");
	for (const [, star, names, from] of text.matchAll(/^export (?:type )?(?:(\*)|\{([^}]*)\}) from "([^"]+)";/gm)) {
		const file = resolve(dir, from.replace(/\.ts$/, ".d.ts"));
		const found = declarations(file);
		const wanted = star
			? [...found.values()].filter((each) => each.exported).map((each) => each.name)
			: names
					.split(",")
					.map((name) => name.trim().replace(/^type /, ""))
					.filter(Boolean);
		for (const name of wanted) {
			const declared = found.get(name);
			if (declared) all.push(withSource(declared, found));
			else problems.push(`${name}: ${file} does not declare it`);
		}
	}
	for (const declared of declarations(path).values()) if (declared.exported) all.push(declared);
	return all;
}

/** A comment's text, its links as code. */
function prose(doc) {
	return doc
		.replace(/^\/\*\*\s?|\s*\*\/\s*$/g, "")
		.replace(/^ \* ?/gm, "")
		.replace(/\{@link ([^}]+)\}/g, "`$1`")
		.trim();
}

/** Names that are used and that no entry exports, but for type parameters and what the platform has. */
function unnamed(text, known) {
	const code = text.replace(/\/\*\*[\s\S]*?\*\//g, "").replace(/"[^"]*"/g, '""');
	const head = /^\w+ \w+<([^=>]*)>/.exec(code)?.[1] ?? "";
	const used = [...code.matchAll(/(?<![.\w]|typeof |const )([A-Z]\w*)(?!\w|\??:|\()/g)].map(([, name]) => name);
	return used.filter((name) => !known.has(name) && !standard.test(name) && !head.split(/\W+/).includes(name));
}

/** A constructor that takes what no caller can name is not for callers. */
function withoutInner(text, known) {
	return text.replace(/(\n\t\/\*\*(?:(?!\*\/)[\s\S])*\*\/)?\n\tconstructor\(([^;]*)\);/g, (whole, _, parameters) =>
		unnamed(parameters, known).length > 0 ? "" : whole,
	);
}

const everything = new Set();
mkdirSync(out, { recursive: true });
const surfaces = Object.entries(entries).map(([entry, folder]) => [
	entry,
	exportsOf(resolve(types, folder, "index.d.ts")),
]);
for (const [, all] of surfaces) for (const { name } of all) everything.add(name);

for (const [entry, all] of surfaces) {
	const parts = [
		`# ${entry}\n\nWhat \`import … from "${entry}"\` gives. Made from the comments in the code by \`make api\`.\n`,
	];
	for (const each of all) {
		if (each.doc === "") problems.push(`${each.name}: no comment`);
		const text = withoutInner(each.text, everything);
		for (const name of unnamed(text, everything)) problems.push(`${each.name}: ${name} is exported nowhere`);
		parts.push(`## ${each.name}\n\n${prose(each.doc)}\n\n\`\`\`ts\n${each.text}\n\`\`\`\n`);
	}
	writeFileSync(join(out, `${entry.replace("/", "-")}.md`), parts.join("\n"));
}
if (problems.length > 0) {
	console.error([...new Set(problems)].map((problem) => `api: ${problem}`).join("\n"));
	process.exit(1);
}

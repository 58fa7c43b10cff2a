import type { KnownHostsStore } from "../client/index.ts";
import type { Store } from "./store.ts";

/** What is known about a line of known_hosts besides its text. */
export interface LineHistory {
	/** When it was saved; milliseconds since 1970. */
	readonly added?: number;
	/** In how many connections it was seen. */
	readonly uses?: number;
}

interface Book {
	/** The file as it is, byte for byte: comments, line ends and lines that we do not understand. */
	readonly text: string;
	/** By the line's text, without its line end. */
	readonly history: Readonly<Record<string, LineHistory>>;
}

const record = "known_hosts";
const empty: Book = { text: "", history: {} };

/** The known_hosts file of this browser, shared by its tabs. */
export class KnownHosts implements KnownHostsStore {
	readonly #store: Store;
	readonly #now: () => number;

	constructor(store: Store, now: () => number = Date.now) {
		this.#store = store;
		this.#now = now;
	}

	/** The whole text, as it was written. */
	async read(): Promise<string> {
		return (await this.#book()).text;
	}

	/** Adds a line at the end, unless it is there. */
	async add(line: string): Promise<void> {
		await this.#change((book) => (linesOf(book.text).includes(line) ? book : append(book, [line], this.#now())));
	}

	/** Adds the lines of another file that are not there yet, without its comments; returns how many those were. */
	async merge(text: string): Promise<number> {
		let added = 0;
		await this.#change((book) => {
			const known = new Set(linesOf(book.text));
			const fresh = new Set(linesOf(text).filter((line) => /^\s*[^\s#]/.test(line) && !known.has(line)));
			added = fresh.size;
			return added === 0 ? book : append(book, [...fresh], this.#now());
		});
		return added;
	}

	/** What is known about a line; undefined if it is not in the file. */
	async about(line: string): Promise<LineHistory | undefined> {
		const book = await this.#book();
		return linesOf(book.text).includes(line) ? (book.history[line] ?? {}) : undefined;
	}

	/** Counts a connection that a line vouched for. */
	async used(line: string): Promise<void> {
		await this.#change((book) => {
			if (!linesOf(book.text).includes(line)) return book;
			const old = book.history[line] ?? {};
			return { ...book, history: { ...book.history, [line]: { ...old, uses: (old.uses ?? 0) + 1 } } };
		});
	}

	/** Counts a connection to a host that showed a key of this type. */
	async usedBy(host: string, port: number, type: string): Promise<void> {
		const name = port === 22 ? host : `[${host}]:${port}`;
		// Signatures of RSA keys have names of their own (RFC 8332); the file has the key's.
		const kind = type.startsWith("rsa-sha2-") ? "ssh-rsa" : type;
		for (const line of linesOf(await this.read())) {
			const [names = "", keyType] = line.split(/\s+/);
			if (keyType === kind && names.split(",").includes(name)) await this.used(line);
		}
	}

	/** Takes lines out. What else stands in the file stays as it is. */
	async remove(lines: readonly string[]): Promise<void> {
		await this.#change((book) => without(book, lines));
	}

	/** Puts one line in the place of others. */
	async replace(lines: readonly string[], line: string): Promise<void> {
		await this.#change((book) => append(without(book, lines), [line], this.#now()));
	}

	async #book(): Promise<Book> {
		return (await this.#store.get<Book>(record)) ?? empty;
	}

	async #change(change: (book: Book) => Book): Promise<void> {
		await this.#store.update<Book>(record, (book) => change(book ?? empty));
	}
}

/** The lines of a file without their ends. */
function linesOf(text: string): string[] {
	return text.split("\n").map((line) => line.replace(/\r$/, ""));
}

function append(book: Book, lines: readonly string[], now: number): Book {
	const gap = book.text === "" || book.text.endsWith("\n") ? "" : "\n";
	const history = Object.fromEntries(lines.map((line) => [line, { added: now, uses: 0 }]));
	return { text: `${book.text}${gap}${lines.join("\n")}\n`, history: { ...book.history, ...history } };
}

function without(book: Book, lines: readonly string[]): Book {
	const gone = new Set(lines);
	// Split behind each line end, so that what stays keeps its own.
	const kept = book.text.split(/(?<=\n)/).filter((each) => !gone.has(each.replace(/\r?\n$/, "")));
	const history = Object.fromEntries(Object.entries(book.history).filter(([line]) => !gone.has(line)));
	return { text: kept.join(""), history };
}

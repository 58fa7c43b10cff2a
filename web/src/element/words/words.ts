import { english } from "./english.ts";

/** A word, or its forms by the plural category of `{n}`. */
export type Word = string | (Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string });

/** The name of a word of the elements. */
export type WordKey = keyof typeof english;

/** A whole language. */
export type Words = Readonly<Record<WordKey, Word>>;

/**
 * Words of a page's own: any of the catalogue, and sentences for failures,
 * which the core writes in English: `error.CODE` or `error.CODE/REASON` in
 * place of what happened, `hint.…` in place of what to do. `{where}` is
 * `user@host:port`.
 */
export type OwnWords = Partial<Words> & Readonly<Record<`error.${string}` | `hint.${string}`, string>>;

type Holes<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Holes<Rest> : never;
type HolesOf<W> = W extends string ? Holes<W> : W extends { readonly other: infer S } ? Holes<S> | "n" : never;
type Values<K extends WordKey> = [HolesOf<(typeof english)[K]>] extends [never]
	? []
	: [values: { readonly [Name in HolesOf<(typeof english)[K]>]: string | number }];

let language: string | undefined;
let own: Partial<OwnWords> = {};
let translated: Partial<OwnWords> = {};
let plurals = new Intl.PluralRules("en");
let numbers = new Intl.NumberFormat("en");

/** A word of the elements, its holes filled. Numbers are written as the language writes them. */
export function t<K extends WordKey>(key: K, ...[values]: Values<K>): string {
	return fill(own[key] ?? translated[key] ?? english[key], values ?? {});
}

/** What the page has in place of the core's own sentence; undefined: nothing. */
export function failureWord(key: `error.${string}` | `hint.${string}`, where: string): string | undefined {
	const word = own[key] ?? translated[key];
	return word === undefined ? undefined : fill(word, { where });
}

function fill(word: Word, values: Readonly<Record<string, string | number>>): string {
	const form = typeof word === "string" ? word : (word[plurals.select(Number(values.n))] ?? word.other);
	return form.replace(/\{(\w+)\}/g, (hole, name: string) => {
		const value = Object.hasOwn(values, name) ? values[name] : hole;
		return typeof value === "number" ? numbers.format(value) : (value ?? hole);
	});
}

/** A whole number as the language writes it. */
export function formatCount(count: number): string {
	return numbers.format(count);
}

/** The language for dates: that of the browser, until a page has chosen one. */
export function dateLocale(): string | undefined {
	return language;
}

/**
 * Replaces words of the elements in this page. Call it before the elements
 * are in the document: what is drawn already stays as it is. Each call
 * replaces what the one before it gave.
 */
export function setWords(words: Partial<OwnWords>): void {
	own = { ...words };
}

/**
 * Sets the language of the elements in this page, as BCP 47 names it. Numbers,
 * dates and plurals follow it; words do where there is a translation (German
 * comes along, and is loaded only if it is wanted) and stay English elsewhere.
 * Call it before the elements are in the document, and wait for it.
 */
export async function setLocale(locale: string): Promise<void> {
	const [name = "en"] = Intl.getCanonicalLocales(locale);
	const words = /^de\b/.test(name) ? (await import("./german.ts")).german : {};
	language = name;
	translated = words;
	plurals = new Intl.PluralRules(name);
	numbers = new Intl.NumberFormat(name);
}

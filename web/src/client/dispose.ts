/** `await using` for browsers that do not have it yet: the symbol that compilers put in its place. */
const symbols: { readonly asyncDispose?: symbol } = Symbol;
if (!symbols.asyncDispose) {
	Object.defineProperty(Symbol, "asyncDispose", { value: Symbol.for("Symbol.asyncDispose") });
}

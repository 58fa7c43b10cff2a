/**
 * The core's arithmetic per byte, in SIMD: a small module (build/kernel) that
 * works on the core's own memory. The core asks once, when it starts, whether
 * it is there, and computes by itself where it is not.
 */
import bytes from "../../gen/kernel.wasm";

type Function_ = (...args: number[]) => void;

/** The module, or nothing where the browser has no SIMD. */
function compile(code: BufferSource): WebAssembly.Module | undefined {
	try {
		return new WebAssembly.Module(code);
	} catch {
		return undefined;
	}
}

export class Kernel {
	readonly #module: WebAssembly.Module | undefined;
	#ready = 0;
	#chacha20: Function_ = missing;
	#poly1305: Function_ = missing;

	/** What the core imports; good before the core's memory exists. */
	readonly imports = {
		ready: () => this.#ready,
		// Read anew at each call, for the core is instantiated before the kernel is.
		chacha20: (dst: number, src: number, n: number, state: number) => this.#chacha20(dst, src, n, state),
		poly1305: (state: number, msg: number, n: number) => this.#poly1305(state, msg, n),
	};

	constructor(code: BufferSource = bytes) {
		this.#module = compile(code);
	}

	/** Whether there is SIMD. */
	get available(): boolean {
		return this.#module !== undefined;
	}

	/** Gives the kernel the core's memory; before the core runs. */
	bind(memory: WebAssembly.Memory): void {
		if (!this.#module) return;
		const { exports } = new WebAssembly.Instance(this.#module, { go: { mem: memory } });
		this.#chacha20 = exports.chacha20 as Function_;
		this.#poly1305 = exports.poly1305 as Function_;
		this.#ready = 1;
	}
}

function missing(): never {
	throw new Error("the core called a kernel that is not there");
}
